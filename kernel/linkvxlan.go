// This file carries one network over others: VXLAN puts whole Ethernet frames into UDP packets between hosts. RFC 7348.
package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// LinkEnsureVXLAN makes the tunnel's end and plugs it into a bridge; one that exists stays as it is.
type LinkEnsureVXLAN struct {
	Name   string
	Bridge string
	ID     uint32 // of the network, the same on all hosts: VNI
	Port   uint16 // UDP
	Local  string // this host's address in the tunnel; empty: as the route to the peer has it
	MTU    int
}

func (l LinkEnsureVXLAN) message() message {
	data := []attr{
		{"IFLA_VXLAN_ID", unix.IFLA_VXLAN_ID, number(l.ID)}, {"IFLA_VXLAN_PORT", unix.IFLA_VXLAN_PORT, networkShort(l.Port)},
		{"IFLA_VXLAN_LEARNING", unix.IFLA_VXLAN_LEARNING, octet(1)},
	}
	if l.Local != "" {
		kind := attr{"IFLA_VXLAN_LOCAL", unix.IFLA_VXLAN_LOCAL, inet(l.Local)}
		if a, err := netip.ParseAddr(l.Local); err == nil && a.Is6() {
			kind = attr{"IFLA_VXLAN_LOCAL6", unix.IFLA_VXLAN_LOCAL6, inet(l.Local)}
		}
		data = append(data, kind)
	}
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, exclusive, ifinfo{up: true}, []attr{linkName(l.Name), linkMTU(l.MTU),
		{"IFLA_MASTER", unix.IFLA_MASTER, linkIndex(l.Bridge)}, linkInfo("vxlan", data...)}}
}

func (l LinkEnsureVXLAN) Do() error {
	err := l.message().send("")
	if errors.Is(err, unix.EEXIST) {
		return LinkUp{Name: l.Name}.Do()
	}
	return Fail(l, err)
}
func (l LinkEnsureVXLAN) Call() string { return l.message().call("") }
func (l LinkEnsureVXLAN) Shell() string {
	words := []string{"ip", "link", "add", l.Name, "up", "mtu", strconv.Itoa(l.MTU), "master", l.Bridge, "type", "vxlan",
		"id", strconv.Itoa(int(l.ID)), "dstport", strconv.Itoa(int(l.Port)), "learning"}
	if l.Local != "" {
		words = append(words, "local", l.Local)
	}
	return Quote(words...)
}

// LinkSuppress lets a bridge answer questions for the hardware addresses of neighbours behind a port, where it knows them, instead
// of passing the questions on.
type LinkSuppress struct{ Name string }

func (l LinkSuppress) message() message {
	return portMessage(l.Name, attr{"IFLA_BRPORT_NEIGH_SUPPRESS", unix.IFLA_BRPORT_NEIGH_SUPPRESS, octet(1)})
}
func (l LinkSuppress) Do() error    { return Fail(l, l.message().send("")) }
func (l LinkSuppress) Call() string { return l.message().call("") }
func (l LinkSuppress) Shell() string {
	return Quote("ip", "link", "set", l.Name, "type", "bridge_slave", "neigh_suppress", "on")
}

// NeighbourEnsure notes, on one link, something about a neighbour. With To it is the forwarding table of a VXLAN: frames for MAC
// go to the host To; the MAC of noughts stands for all that are not listed, broadcasts too. With IP it is the ARP table: IP has
// MAC. With neither it is the table of the bridge: MAC is behind this port. It goes with its link.
type NeighbourEnsure struct{ Link, MAC, IP, To string }

const everyMAC = "00:00:00:00:00:00"

func (n NeighbourEnsure) message() message {
	flags := uint16(ensure)
	if n.MAC == everyMAC {
		flags = unix.NLM_F_CREATE | unix.NLM_F_APPEND // one of several hosts to which these frames go
	}
	attrs := []attr{{"NDA_LLADDR", unix.NDA_LLADDR, mac(n.MAC)}}
	if n.IP+n.To != "" {
		attrs = append(attrs, attr{"NDA_DST", unix.NDA_DST, inet(n.IP + n.To)})
	}
	return message{"RTM_NEWNEIGH", unix.RTM_NEWNEIGH, flags, neighbour{n.Link, n.IP, n.To}, attrs}
}

// Do succeeds where the entry is there.
func (n NeighbourEnsure) Do() error {
	err := n.message().send("")
	if errors.Is(err, unix.EEXIST) {
		return nil
	}
	return Fail(n, err)
}
func (n NeighbourEnsure) Call() string { return n.message().call("") }
func (n NeighbourEnsure) Shell() string {
	switch {
	case n.IP != "":
		return Quote("ip", "neighbour", "replace", n.IP, "lladdr", n.MAC, "dev", n.Link, "nud", "permanent")
	case n.To == "":
		return Quote("bridge", "fdb", "replace", n.MAC, "dev", n.Link, "master", "static")
	case n.MAC == everyMAC:
		return Quote("bridge", "fdb", "append", n.MAC, "dev", n.Link, "dst", n.To, "self", "permanent")
	}
	return Quote("bridge", "fdb", "replace", n.MAC, "dev", n.Link, "dst", n.To, "self", "permanent")
}

// neighbour is struct ndmsg. In the table of a bridge a permanent entry would be the bridge's own address: those of others are
// static, NUD_NOARP.
type neighbour struct{ link, ip, to string }

func (n neighbour) encode(e *encoder) ([]byte, error) {
	index, err := linkIndex(n.link).encode(e)
	if err != nil {
		return nil, err
	}
	kind, flags, state := byte(unix.AF_BRIDGE), byte(unix.NTF_SELF), uint16(unix.NUD_PERMANENT)
	switch {
	case n.ip != "":
		address, err := netip.ParseAddr(n.ip)
		if err != nil {
			return nil, err
		}
		kind, flags = family(address), 0
	case n.to == "":
		flags, state = unix.NTF_MASTER, unix.NUD_NOARP
	}
	b := append([]byte{kind, 0, 0, 0}, index...)
	return append(binary.NativeEndian.AppendUint16(b, state), flags, 0), nil
}

func (n neighbour) String() string {
	kind := "ndm_family=AF_BRIDGE, ndm_flags=NTF_SELF, ndm_state=NUD_PERMANENT"
	switch {
	case n.ip != "":
		kind = "ndm_family=AF_INET, ndm_state=NUD_PERMANENT"
	case n.to == "":
		kind = "ndm_family=AF_BRIDGE, ndm_flags=NTF_MASTER, ndm_state=NUD_NOARP"
	}
	return fmt.Sprintf("{%s, ndm_ifindex=%s}", kind, linkIndex(n.link))
}

// networkShort is a number as the network writes it, the greater byte first.
type networkShort uint16

func (s networkShort) encode(*encoder) ([]byte, error) { return []byte{byte(s >> 8), byte(s)}, nil }
func (s networkShort) String() string                  { return fmt.Sprintf("htons(%d)", uint16(s)) }
