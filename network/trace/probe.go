// This file is the packet: an echo request, the opening of a TCP connection, or a UDP datagram.
package trace

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
	"glassbox/kernel/look/capture"
)

// probe is a socket in the namespace where the packet starts.
type probe struct {
	q        Question
	fd       int
	number   uint16 // the port of ours, or the number of the echo
	payload  []byte
	sequence uint32 // of TCP; known when the first device has seen it
}

func newProbe(q Question) (*probe, error) {
	p := &probe{q: q, payload: cookie(), number: uint16(1 + rand.IntN(65535))}
	err := look.Inside(q.From.Netns, unix.CLONE_NEWNET, p.open)
	if err != nil {
		return nil, fmt.Errorf("prepare a packet in %s: %w", q.From.Name, err)
	}
	return p, nil
}

func (p *probe) protocol() string {
	switch {
	case p.q.Port == 0:
		return "icmp"
	case p.q.Protocol == "":
		return "tcp"
	}
	return p.q.Protocol
}

func (p *probe) open() (err error) {
	family, any := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{})
	if p.q.To.Is6() {
		family, any = unix.AF_INET6, &unix.SockaddrInet6{}
	}
	kind, number := unix.SOCK_STREAM, 0
	switch {
	case p.protocol() == "udp":
		kind = unix.SOCK_DGRAM
	case p.protocol() == "icmp":
		kind, number = unix.SOCK_RAW, unix.IPPROTO_ICMP
		if p.q.To.Is6() {
			number = unix.IPPROTO_ICMPV6
		}
	}
	if p.fd, err = unix.Socket(family, kind|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, number); err != nil {
		return err
	}
	if p.protocol() == "icmp" {
		return nil
	}
	// The port has to be known before the packet goes, for the mark.
	if err := unix.Bind(p.fd, any); err != nil {
		return errors.Join(err, unix.Close(p.fd))
	}
	name, err := unix.Getsockname(p.fd)
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		p.number = uint16(name.Port)
	case *unix.SockaddrInet6:
		p.number = uint16(name.Port)
	}
	return err
}

func (p *probe) close() { unix.Close(p.fd) }

// send sends the packet and waits for what comes back.
func (p *probe) send() (answer string, answered bool, err error) {
	start := time.Now()
	err = unix.Connect(p.fd, p.to())
	if err == nil && p.protocol() != "tcp" {
		_, err = unix.Write(p.fd, p.content())
	}
	if err != nil && err != unix.EINPROGRESS {
		return fmt.Sprintf("none: %s did not even send it: %v", p.q.From.Name, err), false, nil
	}
	for time.Since(start) < p.q.Wait {
		what, done, err := p.await(p.q.Wait - time.Since(start))
		if err != nil {
			return "", false, err
		}
		if done {
			return fmt.Sprintf("%s after %v", what, time.Since(start).Round(time.Microsecond)), true, nil
		}
	}
	return fmt.Sprintf("none within %v", p.q.Wait), false, nil
}

func (p *probe) to() unix.Sockaddr {
	if p.q.To.Is4() {
		return &unix.SockaddrInet4{Addr: p.q.To.As4(), Port: int(p.q.Port)}
	}
	return &unix.SockaddrInet6{Addr: p.q.To.As16(), Port: int(p.q.Port)}
}

// content of a datagram is the cookie; an echo request has its header before it. RFC 792.
func (p *probe) content() []byte {
	if p.protocol() == "udp" {
		return p.payload
	}
	packet := append([]byte{8, 0, 0, 0, 0, 0, 0, 1}, p.payload...)
	binary.BigEndian.PutUint16(packet[4:], p.number)
	if p.q.To.Is6() {
		packet[0] = 128 // the kernel adds the checksum
		return packet
	}
	binary.BigEndian.PutUint16(packet[2:], checksum(packet))
	return packet
}

func checksum(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	if len(b)%2 == 1 {
		sum += uint32(b[len(b)-1]) << 8
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// await waits for one event at the socket, and says whether it is the answer.
func (p *probe) await(wait time.Duration) (what string, done bool, err error) {
	events := int16(unix.POLLIN)
	if p.protocol() == "tcp" {
		events = unix.POLLOUT
	}
	n, err := unix.Poll([]unix.PollFd{{Fd: int32(p.fd), Events: events}}, int(wait.Milliseconds())+1)
	if n == 0 || err == unix.EINTR {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("wait for an answer: %w", err)
	}
	code, err := unix.GetsockoptInt(p.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	switch {
	case err != nil:
		return "", false, fmt.Errorf("wait for an answer: %w", err)
	case code != 0:
		return unix.Errno(code).Error(), true, nil
	case p.protocol() == "tcp":
		return "the connection was accepted", true, nil
	}
	buf := make([]byte, 2048)
	if n, err = unix.Read(p.fd, buf); err != nil {
		return err.Error(), err != unix.EAGAIN, nil
	}
	if p.protocol() == "udp" {
		return fmt.Sprintf("%d bytes came back", n), true, nil
	}
	return "an echo reply", bytes.Contains(buf[:n], p.payload), nil
}

// mine tells whether a packet is the probe, whatever has been made of its addresses.
func (p *probe) mine(seen capture.Packet) bool {
	switch {
	case p.protocol() != seen.Protocol:
		return false
	case seen.Protocol == "tcp":
		return seen.Opens() && (seen.Sequence == p.sequence || p.sequence == 0 && p.first(seen))
	case seen.Protocol == "icmp" && !seen.Asks():
		return false
	}
	return bytes.Equal(seen.Payload, p.payload)
}

// answers tells whether a packet is the answer, where the packet itself went by as these. An answer of ICMP, be it a reply or a
// complaint, repeats what was sent.
func (p *probe) answers(seen capture.Packet, went []capture.Packet) bool {
	switch {
	case p.protocol() == "tcp" && p.sequence == 0:
		return false // it has not passed yet
	case seen.Protocol == "icmp":
		return !seen.Asks() && bytes.Contains(seen.Payload, p.mark())
	case seen.Protocol != p.protocol():
		return false
	case seen.Protocol == "tcp":
		return seen.Replies(p.sequence)
	}
	return slices.ContainsFunc(went, func(w capture.Packet) bool { return w.From == seen.To && w.To == seen.From })
}

// begins tells whether a TCP, UDP or ICMP header is the packet's.
func (p *probe) begins(header []byte) bool {
	if len(header) < 8 {
		return false
	}
	switch p.protocol() {
	case "tcp":
		return bytes.HasPrefix(header[4:], p.mark())
	case "udp":
		return binary.BigEndian.Uint16(header) == p.number
	}
	return binary.BigEndian.Uint16(header[4:]) == p.number
}

// mark is what no other packet has in it.
func (p *probe) mark() []byte {
	if p.protocol() == "tcp" {
		return binary.BigEndian.AppendUint32(nil, p.sequence)
	}
	return p.payload
}

// first recognises the opening of the connection where it starts, by its port, and remembers its sequence number, which no
// address translation changes. (Of what the host sends, the destination is translated before any device sees it.)
func (p *probe) first(seen capture.Packet) bool {
	if seen.From.Port() != p.number {
		return false
	}
	p.sequence = seen.Sequence
	return true
}
