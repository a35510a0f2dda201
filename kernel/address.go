// This file gives links addresses and namespaces routes. One op is one rtnetlink message. man 8 ip-address, ip-route.
package kernel

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// AddressAdd gives a link in the namespace of the file Netns an address. It has no inverse: it goes with its link.
type AddressAdd struct {
	Netns string
	Link  string
	CIDR  string // the address with its prefix length: 10.44.0.2/16
}

func (a AddressAdd) message() message { return addressMessage(exclusive, a.Link, a.CIDR) }
func (a AddressAdd) Do() error        { return Fail(a, a.message().send(a.Netns)) }
func (a AddressAdd) Call() string     { return a.message().call(a.Netns) }
func (a AddressAdd) Shell() string {
	return inNetns(a.Netns, append([]string{"ip", "address", "add", a.CIDR, "dev", a.Link}, withoutSearch(a.CIDR)...)...)
}

// AddressEnsure gives a link of ours an address that it may have already.
type AddressEnsure struct{ Link, CIDR string }

func (a AddressEnsure) message() message { return addressMessage(ensure, a.Link, a.CIDR) }
func (a AddressEnsure) Do() error        { return Fail(a, a.message().send("")) }
func (a AddressEnsure) Call() string     { return a.message().call("") }
func (a AddressEnsure) Shell() string {
	return Quote(append([]string{"ip", "address", "replace", a.CIDR, "dev", a.Link}, withoutSearch(a.CIDR)...)...)
}

// withoutSearch is for IPv6, whose addresses are otherwise of no use until nobody has claimed them for a second.
func withoutSearch(cidr string) []string {
	if strings.Contains(cidr, ":") {
		return []string{"nodad"}
	}
	return nil
}

// DefaultRouteAdd sends what has no nearer route to a gateway, in the namespace of the file Netns.
type DefaultRouteAdd struct{ Netns, Gateway string }

func (r DefaultRouteAdd) message() message {
	return message{"RTM_NEWROUTE", unix.RTM_NEWROUTE, exclusive, defaultRoute(r.Gateway), []attr{
		{"RTA_GATEWAY", unix.RTA_GATEWAY, inet(r.Gateway)},
	}}
}
func (r DefaultRouteAdd) Do() error    { return Fail(r, r.message().send(r.Netns)) }
func (r DefaultRouteAdd) Call() string { return r.message().call(r.Netns) }
func (r DefaultRouteAdd) Shell() string {
	return inNetns(r.Netns, "ip", "route", "add", "default", "via", r.Gateway)
}

// DefaultRouteReplace is DefaultRouteAdd where there may be another default route already.
type DefaultRouteReplace struct{ Netns, Gateway string }

func (r DefaultRouteReplace) message() message {
	m := DefaultRouteAdd(r).message()
	m.flags = ensure
	return m
}
func (r DefaultRouteReplace) Do() error    { return Fail(r, r.message().send(r.Netns)) }
func (r DefaultRouteReplace) Call() string { return r.message().call(r.Netns) }
func (r DefaultRouteReplace) Shell() string {
	return inNetns(r.Netns, "ip", "route", "replace", "default", "via", r.Gateway)
}

// addressMessage: without IFA_LOCAL and IFA_ADDRESS being the same, the second would be the far end of a point-to-point link.
func addressMessage(flags uint16, link, cidr string) message {
	address := addressOf(cidr)
	return message{"RTM_NEWADDR", unix.RTM_NEWADDR, flags, ifaddr{link, cidr}, []attr{
		{"IFA_LOCAL", unix.IFA_LOCAL, address}, {"IFA_ADDRESS", unix.IFA_ADDRESS, address},
	}}
}

func addressOf(cidr string) inet {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil {
		return inet(cidr) // what it says is wrong is reported when the message is encoded
	}
	return inet(prefix.Addr().String())
}

// ifaddr is struct ifaddrmsg.
type ifaddr struct{ link, cidr string }

func (i ifaddr) encode(e *encoder) ([]byte, error) {
	prefix, err := netip.ParsePrefix(i.cidr)
	if err != nil {
		return nil, err
	}
	index, err := linkIndex(i.link).encode(e)
	var flags byte
	if prefix.Addr().Is6() {
		flags = unix.IFA_F_NODAD // addresses are leased once: nobody has to wait a second to see whether another has it
	}
	return append([]byte{family(prefix.Addr()), byte(prefix.Bits()), flags, unix.RT_SCOPE_UNIVERSE}, index...), err
}

func (i ifaddr) String() string {
	bits := "?"
	if prefix, err := netip.ParsePrefix(i.cidr); err == nil {
		bits = fmt.Sprint(prefix.Bits())
	}
	flags := ""
	if strings.Contains(i.cidr, ":") {
		flags = ", ifa_flags=IFA_F_NODAD"
	}
	return fmt.Sprintf("{ifa_prefixlen=%s%s, ifa_index=%s}", bits, flags, linkIndex(i.link))
}

func family(a netip.Addr) byte {
	if a.Is4() {
		return unix.AF_INET
	}
	return unix.AF_INET6
}

// defaultRoute is struct rtmsg for the route of everything, by way of a gateway: no destination, so a prefix of no bits.
type defaultRoute string

func (d defaultRoute) encode(*encoder) ([]byte, error) {
	gateway, err := netip.ParseAddr(string(d))
	if err != nil {
		return nil, err
	}
	b := []byte{family(gateway), 0, 0, 0, unix.RT_TABLE_MAIN, unix.RTPROT_BOOT, unix.RT_SCOPE_UNIVERSE, unix.RTN_UNICAST}
	return binary.NativeEndian.AppendUint32(b, 0), nil
}

func (d defaultRoute) String() string {
	kind := "AF_INET"
	if strings.Contains(string(d), ":") {
		kind = "AF_INET6"
	}
	return fmt.Sprintf("{rtm_family=%s, rtm_dst_len=0, rtm_table=RT_TABLE_MAIN, rtm_type=RTN_UNICAST}", kind)
}
