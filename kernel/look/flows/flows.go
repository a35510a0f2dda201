// Package flows looks at the kernel's table of connections, by which answers find back through address translation: man 8
// conntrack. It changes nothing.
package flows

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
	"glassbox/kernel/look/links"
)

// Flow is one connection: what its first packet looked like, and what its answers look like.
type Flow struct {
	Protocol string         `json:"protocol"`
	From     netip.AddrPort `json:"from"`
	To       netip.AddrPort `json:"to"`
	// An answer comes from here and goes there; where that is not To and From, an address was translated.
	AnswerFrom netip.AddrPort `json:"answer_from"`
	AnswerTo   netip.AddrPort `json:"answer_to"`
}

// Translated says what address translation makes of the flow: "destination", "source", "source and destination" or "".
func (f Flow) Translated() string {
	source, destination := f.AnswerTo != f.From, f.AnswerFrom != f.To
	switch {
	case source && destination:
		return "source and destination"
	case source:
		return "source"
	case destination:
		return "destination"
	}
	return ""
}

// List lists the connections of a namespace, "" for our own.
func List(namespace string) ([]Flow, error) {
	var raw []*netlink.ConntrackFlow
	read := func() error {
		for _, family := range []netlink.InetFamily{unix.AF_INET, unix.AF_INET6} {
			found, err := links.Whole(func() ([]*netlink.ConntrackFlow, error) {
				return netlink.ConntrackTableList(netlink.ConntrackTable, family)
			})
			if err != nil {
				return err
			}
			raw = append(raw, found...)
		}
		return nil
	}
	var err error
	if namespace == "" {
		err = read()
	} else {
		err = look.Inside(namespace, unix.CLONE_NEWNET, read)
	}
	if err != nil {
		return nil, fmt.Errorf("list the tracked connections: %w (modprobe nf_conntrack_netlink)", err)
	}
	var all []Flow
	for _, r := range raw {
		all = append(all, Flow{
			Protocol: protocol(r.Forward.Protocol),
			From:     end(r.Forward.SrcIP, r.Forward.SrcPort), To: end(r.Forward.DstIP, r.Forward.DstPort),
			AnswerFrom: end(r.Reverse.SrcIP, r.Reverse.SrcPort), AnswerTo: end(r.Reverse.DstIP, r.Reverse.DstPort),
		})
	}
	return all, nil
}

func end(ip net.IP, port uint16) netip.AddrPort {
	a, _ := netip.AddrFromSlice(ip) // of what the kernel sends, nothing is no address
	return netip.AddrPortFrom(a.Unmap(), port)
}

func protocol(number uint8) string {
	switch number {
	case unix.IPPROTO_TCP:
		return "tcp"
	case unix.IPPROTO_UDP:
		return "udp"
	case unix.IPPROTO_ICMP, unix.IPPROTO_ICMPV6:
		return "icmp"
	}
	return fmt.Sprint(number)
}
