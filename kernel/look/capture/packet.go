// This file reads the headers of a frame: Ethernet, IPv4 or IPv6, TCP, UDP or ICMP. RFC 791, 8200, 9293, 768, 792.
package capture

import (
	"encoding/binary"
	"net"
	"net/netip"

	"golang.org/x/sys/unix"
)

// Packet is what the headers say.
type Packet struct {
	From, To netip.AddrPort // of ICMP, the ports are 0
	FromMAC  string
	ToMAC    string
	Protocol string // "tcp", "udp", "icmp"; "" for another one
	Sequence uint32 // TCP
	Accepts  uint32 // TCP: the number that is expected next
	Flags    byte   // TCP: 2 is SYN, 18 SYN and ACK
	Echo     byte   // ICMP: 8 (or 128 in IPv6) asks, 0 (129) answers
	Number   uint16 // ICMP: of the echo
	Payload  []byte
}

// Replies tells whether it accepts or refuses the opening of a TCP connection with this sequence number.
func (p Packet) Replies(sequence uint32) bool {
	const synAck, reset = 0x12, 0x04
	return p.Protocol == "tcp" && p.Accepts == sequence+1 && (p.Flags&synAck == synAck || p.Flags&reset != 0)
}

// Opens tells whether it is the first packet of a TCP connection.
func (p Packet) Opens() bool { return p.Protocol == "tcp" && p.Flags&0x12 == 0x02 }

// Asks tells whether it is an echo request.
func (p Packet) Asks() bool { return p.Protocol == "icmp" && (p.Echo == 8 || p.Echo == 128) }

const ethernetHeader = 14

// Read reads one frame; false: there is no IP packet in it, or not all of its headers.
func Read(frame []byte) (p Packet, ok bool) {
	if len(frame) < ethernetHeader {
		return p, false
	}
	p.ToMAC, p.FromMAC = net.HardwareAddr(frame[:6]).String(), net.HardwareAddr(frame[6:12]).String()
	data := frame[ethernetHeader:]
	switch binary.BigEndian.Uint16(frame[12:]) {
	case unix.ETH_P_IP:
		return p, p.readIPv4(data)
	case unix.ETH_P_IPV6:
		return p, p.readIPv6(data)
	}
	return p, false
}

func (p *Packet) readIPv4(b []byte) bool {
	if len(b) < 20 || len(b) < int(b[0]&15)*4 {
		return false
	}
	from, to := netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	return p.readTransport(b[9], from, to, b[int(b[0]&15)*4:])
}

func (p *Packet) readIPv6(b []byte) bool {
	if len(b) < 40 {
		return false
	}
	return p.readTransport(b[6], netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40])), b[40:])
}

func (p *Packet) readTransport(protocol byte, from, to netip.Addr, b []byte) bool {
	p.From, p.To = netip.AddrPortFrom(from, 0), netip.AddrPortFrom(to, 0)
	if len(b) < 8 {
		return false
	}
	switch protocol {
	case unix.IPPROTO_TCP:
		if len(b) < 20 {
			return false
		}
		p.Protocol, p.Sequence, p.Accepts, p.Flags = "tcp", binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:]), b[13]
	case unix.IPPROTO_UDP:
		p.Protocol, p.Payload = "udp", append([]byte(nil), b[8:]...)
	case unix.IPPROTO_ICMP, unix.IPPROTO_ICMPV6:
		p.Protocol, p.Echo, p.Number, p.Payload = "icmp", b[0], binary.BigEndian.Uint16(b[4:]), append([]byte(nil), b[8:]...)
		return true
	default:
		return true
	}
	p.From = netip.AddrPortFrom(from, binary.BigEndian.Uint16(b))
	p.To = netip.AddrPortFrom(to, binary.BigEndian.Uint16(b[2:]))
	return true
}

func nativeUint64(b []byte) uint64 { return binary.NativeEndian.Uint64(b) }
