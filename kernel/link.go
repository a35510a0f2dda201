// This file holds network devices, which rtnetlink calls links. One op is one message. man 7 rtnetlink, man 8 ip-link.
package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// LinkEnsureBridge makes a bridge and brings it up; one that exists is made so. It is shared, so nothing takes it back.
type LinkEnsureBridge struct {
	Name string
	MAC  string // fixed: a bridge without one takes the lowest of its ports', and changes it as they come and go
	MTU  int
}

func (l LinkEnsureBridge) message() message {
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, ensure, ifinfo{up: true}, []attr{
		linkName(l.Name), linkMAC(l.MAC), linkMTU(l.MTU), linkInfo("bridge"),
	}}
}

func (l LinkEnsureBridge) Do() error    { return Fail(l, l.message().send("")) }
func (l LinkEnsureBridge) Call() string { return l.message().call("") }
func (l LinkEnsureBridge) Shell() string {
	// Two lines, as `ip link replace` can not replace a bridge.
	return Quote("ip", "link", "add", l.Name, "type", "bridge") + " 2> /dev/null || :\n" +
		Quote("ip", "link", "set", l.Name, "up", "address", l.MAC, "mtu", strconv.Itoa(l.MTU))
}

const vethInfoPeer = 1 // VETH_INFO_PEER of linux/veth.h

// LinkAddVeth makes a virtual cable: two links, what goes into one comes out of the other. One end is here, up and plugged
// into a bridge; the other is born inside a network namespace, and down: the kernel makes it first, and a cable with one end
// can not be switched on (ENOTCONN). man 4 veth.
type LinkAddVeth struct {
	Name      string
	Bridge    string
	MTU       int
	Peer      string // the name of the other end
	PeerNetns string // the file that shows the other end's namespace
	PeerMAC   string
}

func (l LinkAddVeth) message() message {
	peer := nested{ifinfo{}, []attr{
		linkName(l.Peer), linkMAC(l.PeerMAC), linkMTU(l.MTU), {"IFLA_NET_NS_FD", unix.IFLA_NET_NS_FD, netnsFile(l.PeerNetns)},
	}}
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, exclusive, ifinfo{up: true}, []attr{
		linkName(l.Name), linkMTU(l.MTU), {"IFLA_MASTER", unix.IFLA_MASTER, linkIndex(l.Bridge)},
		linkInfo("veth", attr{"VETH_INFO_PEER", vethInfoPeer, peer}),
	}}
}

func (l LinkAddVeth) Do() error    { return Fail(l, l.message().send("")) }
func (l LinkAddVeth) Call() string { return l.message().call("") }
func (l LinkAddVeth) Shell() string {
	mtu := strconv.Itoa(l.MTU)
	return Quote("ip", "link", "add", l.Name, "up", "mtu", mtu, "master", l.Bridge, "type", "veth",
		"peer", "name", l.Peer, "netns", l.PeerNetns, "address", l.PeerMAC, "mtu", mtu)
}
func (l LinkAddVeth) Undo() explain.Op { return LinkUnplug{Name: l.Name} }

// LinkUp switches a link on, in the namespace that the file Netns shows.
type LinkUp struct{ Netns, Name string }

func (l LinkUp) message() message {
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, 0, ifinfo{up: true}, []attr{linkName(l.Name)}}
}

func (l LinkUp) Do() error     { return Fail(l, l.message().send(l.Netns)) }
func (l LinkUp) Call() string  { return l.message().call(l.Netns) }
func (l LinkUp) Shell() string { return inNetns(l.Netns, "ip", "link", "set", l.Name, "up") }

// LinkWithout6 keeps a link from giving itself an IPv6 address, which it does as soon as it is switched on and the other end of
// its cable is, too. It would announce the address to everybody: a bridge passes that on to each of its ports, and with hundreds
// of them that is more work than all the rest of a container's start.
type LinkWithout6 struct{ Netns, Name string }

const noAddress = 1 // IN6_ADDR_GEN_MODE_NONE of linux/if_link.h

func (l LinkWithout6) message() message {
	mode := attr{"IFLA_INET6_ADDR_GEN_MODE", unix.IFLA_INET6_ADDR_GEN_MODE, octet(noAddress)}
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, 0, ifinfo{}, []attr{linkName(l.Name),
		{"IFLA_AF_SPEC", unix.IFLA_AF_SPEC, nested{attrs: []attr{{"AF_INET6", unix.AF_INET6, nested{attrs: []attr{mode}}}}}}}}
}

// Do succeeds where the kernel has no IPv6, or none on a link as narrow as this: so it is without.
func (l LinkWithout6) Do() error {
	err := l.message().send(l.Netns)
	if errors.Is(err, unix.EAFNOSUPPORT) {
		return nil
	}
	return Fail(l, err)
}
func (l LinkWithout6) Call() string { return l.message().call(l.Netns) }
func (l LinkWithout6) Shell() string {
	return inNetns(l.Netns, "ip", "link", "set", l.Name, "addrgenmode", "none")
}

// LinkOff6 keeps a link out of IPv6 altogether. Else it would have a route for multicast, and the kernel looks through all such routes
// whenever any link goes up or down: that is noticed with some hundred of them. Kernel: Documentation/networking/ip-sysctl.rst.
type LinkOff6 struct{ Name string }

func (l LinkOff6) parameter() SetSysctl {
	return SetSysctl{Name: "net/ipv6/conf/" + l.Name + "/disable_ipv6", Value: "1"}
}

// Do succeeds where the kernel has no IPv6, or none on a link as narrow as this: so it is off.
func (l LinkOff6) Do() error {
	err := l.parameter().Do()
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}
func (l LinkOff6) Call() string  { return l.parameter().Call() }
func (l LinkOff6) Shell() string { return l.parameter().Shell() }

// LinkSettle waits until the kernel has noticed that a link's other end was switched on. It leaves that for later, and until
// then drops what is to be sent: a second is lost before the first packet is tried again. Who asks for the state of the link
// (ETHTOOL_GLINK) makes it look at once.
type LinkSettle struct{ Name string }

func (l LinkSettle) Do() error {
	socket, err := routeSocket("")
	if err != nil {
		return Fail(l, err)
	}
	defer unix.Close(socket)
	return Fail(l, askForLink(socket, l.Name))
}
func (l LinkSettle) Call() string {
	return fmt.Sprintf("ioctl(NETLINK_ROUTE, SIOCETHTOOL, {ifr_name=%q, ETHTOOL_GLINK})", l.Name)
}
func (l LinkSettle) Shell() string {
	return "until ip link show " + quote(l.Name) + " | grep -q 'state UP'; do :; done"
}

// LinkHairpin lets a bridge send a frame back through the port where it came in, which a switch never does by itself.
type LinkHairpin struct{ Name string }

func (l LinkHairpin) message() message {
	return portMessage(l.Name, attr{"IFLA_BRPORT_MODE", unix.IFLA_BRPORT_MODE, octet(1)})
}

// portMessage sets something of a link as a port of its bridge.
func portMessage(link string, what attr) message {
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, 0, ifinfo{}, []attr{linkName(link),
		{"IFLA_LINKINFO", unix.IFLA_LINKINFO, nested{attrs: []attr{
			{"IFLA_INFO_SLAVE_KIND", unix.IFLA_INFO_SLAVE_KIND, text("bridge")},
			{"IFLA_INFO_SLAVE_DATA", unix.IFLA_INFO_SLAVE_DATA, nested{attrs: []attr{what}}},
		}}}}}
}

func (l LinkHairpin) Do() error    { return Fail(l, l.message().send("")) }
func (l LinkHairpin) Call() string { return l.message().call("") }
func (l LinkHairpin) Shell() string {
	return Quote("ip", "link", "set", l.Name, "type", "bridge_slave", "hairpin", "on")
}

// LinkUnplug takes a link out of its bridge: what goes into it now goes nowhere. It is how a virtual cable is taken back. To
// delete it would keep us waiting for 20 to 40 ms, until no processor looks at it any more; the kernel does that by itself, in
// the background, as soon as the namespace of the other end is gone.
type LinkUnplug struct{ Name string }

func (l LinkUnplug) message() message {
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, 0, ifinfo{}, []attr{
		linkName(l.Name), {"IFLA_MASTER", unix.IFLA_MASTER, number(0)}}}
}

// Do succeeds where there is no such link: as an inverse it may run twice.
func (l LinkUnplug) Do() error {
	err := l.message().send("")
	if errors.Is(err, unix.ENODEV) {
		return nil
	}
	return Fail(l, err)
}
func (l LinkUnplug) Call() string  { return l.message().call("") }
func (l LinkUnplug) Shell() string { return Quote("ip", "link", "set", l.Name, "nomaster") }

// ifinfo is struct ifinfomsg. The link is named by an attribute, so its index stays 0.
type ifinfo struct{ up bool }

func (i ifinfo) encode(*encoder) ([]byte, error) {
	b := make([]byte, unix.SizeofIfInfomsg)
	if i.up {
		binary.NativeEndian.PutUint32(b[8:], unix.IFF_UP)  // ifi_flags
		binary.NativeEndian.PutUint32(b[12:], unix.IFF_UP) // ifi_change: which of the flags are meant
	}
	return b, nil
}

func (i ifinfo) String() string {
	if i.up {
		return "{ifi_flags=IFF_UP}"
	}
	return "{ifi_flags=0}"
}

func linkName(name string) attr { return attr{"IFLA_IFNAME", unix.IFLA_IFNAME, text(name)} }
func linkMAC(address string) attr {
	return attr{"IFLA_ADDRESS", unix.IFLA_ADDRESS, mac(address)}
}
func linkMTU(mtu int) attr { return attr{"IFLA_MTU", unix.IFLA_MTU, number(mtu)} }

// linkInfo says what kind of link is meant, and what only that kind has.
func linkInfo(kind string, data ...attr) attr {
	attrs := []attr{{"IFLA_INFO_KIND", unix.IFLA_INFO_KIND, text(kind)}}
	if len(data) > 0 {
		attrs = append(attrs, attr{"IFLA_INFO_DATA", unix.IFLA_INFO_DATA, nested{attrs: data}})
	}
	return attr{"IFLA_LINKINFO", unix.IFLA_LINKINFO, nested{attrs: attrs}}
}

// inNetns is the shell line that runs a command in the network namespace of a file.
func inNetns(netns string, words ...string) string {
	if netns == "" {
		return Quote(words...)
	}
	return fmt.Sprintf("nsenter %s %s", Quote("--net="+netns), Quote(words...))
}
