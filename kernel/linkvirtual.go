// This file makes links that live on top of another one: a VLAN of it, or a share of it that a container gets for itself.
package kernel

import (
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// LinkEnsureVLAN makes a link for one VLAN of a parent, 802.1Q, and brings it up; one that exists stays as it is.
type LinkEnsureVLAN struct {
	Name, Parent string
	ID           uint16
}

func (l LinkEnsureVLAN) message() message {
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, exclusive, ifinfo{up: true}, []attr{
		linkName(l.Name), linkOn(l.Parent), linkInfo("vlan", attr{"IFLA_VLAN_ID", unix.IFLA_VLAN_ID, short(l.ID)}),
	}}
}

// Do switches on what is there already.
func (l LinkEnsureVLAN) Do() error {
	err := l.message().send("")
	if errors.Is(err, unix.EEXIST) {
		return LinkUp{Name: l.Name}.Do()
	}
	return Fail(l, err)
}
func (l LinkEnsureVLAN) Call() string { return l.message().call("") }
func (l LinkEnsureVLAN) Shell() string {
	return Quote("ip", "link", "add", "link", l.Parent, "name", l.Name, "up", "type", "vlan", "id", strconv.Itoa(int(l.ID)))
}

// LinkEnsureDummy makes a link that leads nowhere: a parent for containers that are to see each other alone.
type LinkEnsureDummy struct{ Name string }

func (l LinkEnsureDummy) message() message {
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, ensure, ifinfo{up: true}, []attr{linkName(l.Name), linkInfo("dummy")}}
}
func (l LinkEnsureDummy) Do() error    { return Fail(l, l.message().send("")) }
func (l LinkEnsureDummy) Call() string { return l.message().call("") }
func (l LinkEnsureDummy) Shell() string {
	return Quote("ip", "link", "add", l.Name, "up", "type", "dummy")
}

// LinkAddShare makes a share of the link Parent, born inside a network namespace: macvlan gives it a hardware address of its
// own, ipvlan lets it have the parent's and tells packets apart by their IP addresses. It goes with its namespace.
type LinkAddShare struct {
	Kind   string // macvlan or ipvlan
	Mode   string // macvlan: bridge, private, vepa, passthru; ipvlan: l2, l3, l3s
	Parent string
	Name   string
	Netns  string
	MAC    string // macvlan's
	MTU    int    // 0: the parent's
}

func (l LinkAddShare) message() message {
	attrs := []attr{linkName(l.Name), linkOn(l.Parent), {"IFLA_NET_NS_FD", unix.IFLA_NET_NS_FD, netnsFile(l.Netns)}}
	if l.MTU > 0 {
		attrs = append(attrs, linkMTU(l.MTU))
	}
	if l.Kind == "ipvlan" {
		mode := attr{"IFLA_IPVLAN_MODE", unix.IFLA_IPVLAN_MODE, short(ipvlanModes()[l.Mode])}
		return message{"RTM_NEWLINK", unix.RTM_NEWLINK, exclusive, ifinfo{}, append(attrs, linkInfo(l.Kind, mode))}
	}
	mode := attr{"IFLA_MACVLAN_MODE", unix.IFLA_MACVLAN_MODE, number(macvlanModes()[l.Mode])}
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, exclusive, ifinfo{}, append(attrs, linkMAC(l.MAC), linkInfo(l.Kind, mode))}
}

// macvlanModes and ipvlanModes are those of linux/if_link.h.
func macvlanModes() map[string]uint32 {
	return map[string]uint32{"private": 1, "vepa": 2, "bridge": 4, "passthru": 8}
}

func ipvlanModes() map[string]uint16 { return map[string]uint16{"l2": 0, "l3": 1, "l3s": 2} }

func (l LinkAddShare) Do() error    { return Fail(l, l.message().send("")) }
func (l LinkAddShare) Call() string { return l.message().call("") }
func (l LinkAddShare) Shell() string {
	words := []string{"ip", "link", "add", "link", l.Parent, "name", l.Name, "netns", l.Netns}
	if l.MTU > 0 {
		words = append(words, "mtu", strconv.Itoa(l.MTU))
	}
	if l.Kind == "macvlan" {
		words = append(words, "address", l.MAC)
	}
	return Quote(append(words, "type", l.Kind, "mode", l.Mode)...)
}
func (l LinkAddShare) Undo() explain.Op { return LinkDeleteInside{Netns: l.Netns, Name: l.Name} }

// linkOn names the link that another one lives on.
func linkOn(parent string) attr { return attr{"IFLA_LINK", unix.IFLA_LINK, linkIndex(parent)} }

// LinkDeleteInside deletes a link in the namespace of the file Netns.
type LinkDeleteInside struct{ Netns, Name string }

// Do succeeds where the link, or its namespace, is gone.
func (l LinkDeleteInside) Do() error {
	err := LinkDelete{Name: l.Name}.message().send(l.Netns)
	// EINVAL: the file that held the namespace is there, and shows none any more.
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL) {
		return nil
	}
	return Fail(l, err)
}
func (l LinkDeleteInside) Call() string  { return LinkDelete{Name: l.Name}.message().call(l.Netns) }
func (l LinkDeleteInside) Shell() string { return inNetns(l.Netns, "ip", "link", "delete", l.Name) }

// LinkAlias writes a note on a link, which `ip link` shows: whose it is.
type LinkAlias struct{ Name, Note string }

func (l LinkAlias) message() message {
	return message{"RTM_NEWLINK", unix.RTM_NEWLINK, 0, ifinfo{}, []attr{
		linkName(l.Name), {"IFLA_IFALIAS", unix.IFLA_IFALIAS, text(l.Note)}}}
}
func (l LinkAlias) Do() error     { return Fail(l, l.message().send("")) }
func (l LinkAlias) Call() string  { return l.message().call("") }
func (l LinkAlias) Shell() string { return Quote("ip", "link", "set", l.Name, "alias", l.Note) }

type short uint16

func (s short) encode(*encoder) ([]byte, error) { return []byte{byte(s), byte(s >> 8)}, nil }
func (s short) String() string                  { return fmt.Sprint(uint16(s)) }
