// This file gives a network device of the host away to a namespace. OCI config-linux, "Network Devices".
package kernel

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// LinkMove moves the link Name into a network namespace, where it is called To (a "%d" in it becomes the first number that is
// free), gets back the addresses that it had, for the kernel takes them away, and is switched on. It has no inverse: when the
// namespace ends the kernel moves real devices back and deletes the others.
type LinkMove struct{ Name, To, Netns string }

func (l LinkMove) message() message {
	attrs := []attr{linkName(l.To), {"IFLA_NET_NS_FD", unix.IFLA_NET_NS_FD, netnsFile(l.Netns)}}
	if l.template() { // to know it again
		attrs = append(attrs, attr{"IFLA_NEW_IFINDEX", unix.IFLA_NEW_IFINDEX, linkIndex(l.Name)})
	}
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, 0, theLink(l.Name), attrs}
}

func (l LinkMove) template() bool { return strings.Contains(l.To, "%") }

func (l LinkMove) Do() error {
	addresses, index, err := addressesOf(l.Name)
	if err != nil {
		return Fail(l, err)
	}
	if err := l.free(); err != nil {
		return Fail(l, err)
	}
	if err := l.message().send(""); err != nil {
		return Fail(l, err)
	}
	name := l.To
	if l.template() {
		if name, err = nameOf(index, l.Netns); err != nil {
			return Fail(l, err)
		}
	}
	for _, cidr := range addresses {
		if err := (AddressAdd{Netns: l.Netns, Link: name, CIDR: cidr}).Do(); err != nil {
			return err
		}
	}
	return LinkUp{Netns: l.Netns, Name: name}.Do()
}

// free tells whether the new name is: the kernel moves a link first and renames it then, and it would be lost in between.
func (l LinkMove) free() error {
	socket, err := routeSocket(l.Netns)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	if _, err := linkIndex(l.To).encode(&encoder{socket: socket}); err == nil {
		return fmt.Errorf("%w: the namespace has a link %q already", unix.EEXIST, l.To)
	}
	return nil
}

func (l LinkMove) Call() string {
	return l.message().call("") + "\nRTM_NEWADDR for each of its addresses\n" + LinkUp{Netns: l.Netns, Name: l.To}.Call()
}

func (l LinkMove) Shell() string {
	return Quote("ip", "link", "set", l.Name, "netns", l.Netns, "name", l.To) + "\n" + LinkUp{Netns: l.Netns, Name: l.To}.Shell()
}

// theLink is struct ifinfomsg with the number of a link, for an attribute names what it is to be called.
type theLink string

func (t theLink) encode(e *encoder) ([]byte, error) {
	b := make([]byte, unix.SizeofIfInfomsg)
	index, err := linkIndex(t).encode(e)
	copy(b[4:], index)
	return b, err
}
func (t theLink) String() string { return "{ifi_index=" + linkIndex(t).String() + "}" }

// addressesOf lists the addresses of a link that are for ever and for everywhere, and gives its number.
func addressesOf(link string) (cidrs []string, index uint32, err error) {
	socket, err := routeSocket("")
	if err != nil {
		return nil, 0, err
	}
	defer unix.Close(socket)
	number, err := linkIndex(link).encode(&encoder{socket: socket})
	if err != nil {
		return nil, 0, err
	}
	index = binary.NativeEndian.Uint32(number)
	data, err := syscall.NetlinkRIB(unix.RTM_GETADDR, unix.AF_UNSPEC)
	if err != nil {
		return nil, 0, fmt.Errorf("list addresses: %w", err)
	}
	messages, err := syscall.ParseNetlinkMessage(data)
	if err != nil {
		return nil, 0, fmt.Errorf("list addresses: %w", err)
	}
	for _, m := range messages {
		// struct ifaddrmsg: family, prefix length, flags, scope, number of the link
		if m.Header.Type != unix.RTM_NEWADDR || len(m.Data) < unix.SizeofIfAddrmsg || binary.NativeEndian.Uint32(m.Data[4:]) != index {
			continue
		}
		if lasting := m.Data[2]&unix.IFA_F_PERMANENT != 0; !lasting || m.Data[3] != unix.RT_SCOPE_UNIVERSE {
			continue
		}
		cidr, err := addressIn(&m)
		if err != nil {
			return nil, 0, fmt.Errorf("list addresses: %w", err)
		}
		cidrs = append(cidrs, cidr)
	}
	return cidrs, index, nil
}

// addressIn prefers IFA_LOCAL: of a point-to-point link IFA_ADDRESS is the far end.
func addressIn(m *syscall.NetlinkMessage) (string, error) {
	attrs, err := syscall.ParseNetlinkRouteAttr(m)
	if err != nil {
		return "", err
	}
	var found netip.Addr
	for _, a := range attrs {
		if a.Attr.Type == unix.IFA_LOCAL || a.Attr.Type == unix.IFA_ADDRESS && !found.IsValid() {
			found, _ = netip.AddrFromSlice(a.Value)
		}
	}
	return netip.PrefixFrom(found, int(m.Data[1])).String(), nil
}

// nameOf asks what a link is called in a namespace. man 7 netdevice, SIOCGIFNAME.
func nameOf(index uint32, netns string) (string, error) {
	socket, err := routeSocket(netns)
	if err != nil {
		return "", err
	}
	defer unix.Close(socket)
	request, err := unix.NewIfreq("x")
	if err != nil {
		return "", err
	}
	request.SetUint32(index)
	if err := unix.IoctlIfreq(socket, unix.SIOCGIFNAME, request); err != nil {
		return "", fmt.Errorf("ioctl(SIOCGIFNAME): %w", err)
	}
	return request.Name(), nil
}
