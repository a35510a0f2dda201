// This file makes connection tracking forget. A published port decides about the first packet of a flow only; those that follow go
// where that one went. A client of UDP that goes on asking from one port would so be sent to a container that is gone.
package nft

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

// ForgetFlows deletes the entries of flows to a published UDP port that lead to another container than its own.
type ForgetFlows Publish

// Do succeeds where nothing can be tracked.
func (f ForgetFlows) Do() error {
	family := netlink.InetFamily(unix.AF_INET)
	if Publish(f).is6() {
		family = unix.AF_INET6
	}
	var err error = netlink.ErrDumpInterrupted // what was listed is deleted nevertheless: again, until the list is whole
	for range 10 {
		if _, err = netlink.ConntrackDeleteFilters(netlink.ConntrackTable, family, f); !errors.Is(err, netlink.ErrDumpInterrupted) {
			break
		}
	}
	if errors.Is(err, unix.EINVAL) { // there is no nf_conntrack_netlink
		return nil
	}
	return kernel.Fail(f, err)
}

// MatchConntrackFlow chooses flows whose destination was translated, and not to where the port leads now.
func (f ForgetFlows) MatchConntrackFlow(flow *netlink.ConntrackFlow) bool {
	to, _ := netip.AddrFromSlice(flow.Forward.DstIP) // of what the kernel sends, nothing is no address
	answers, _ := netip.AddrFromSlice(flow.Reverse.SrcIP)
	to, answers = to.Unmap(), answers.Unmap()
	return flow.Forward.Protocol == protocols()[f.Proto] && flow.Forward.DstPort == f.HostPort &&
		(f.HostIP == "" || f.HostIP == to.String()) && answers != to && answers.String() != f.Addr
}

func (f ForgetFlows) Call() string {
	return fmt.Sprintf("sendmsg(NETLINK_NETFILTER, [IPCTNL_MSG_CT_DELETE (each of %s to port %d that does not lead to %s)])", f.Proto, f.HostPort, f.Addr)
}

// Shell: conntrack fails where it has found none.
func (f ForgetFlows) Shell() string {
	words := []string{"conntrack", "-D", "-p", f.Proto, "--orig-port-dst", fmt.Sprint(f.HostPort), "--dst-nat"}
	if f.HostIP != "" {
		words = append(words, "--orig-dst", f.HostIP)
	}
	return kernel.Quote(words...) + " || true"
}
