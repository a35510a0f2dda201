// This file lists network interfaces with their addresses: man 8 ip-link, ip-address.
package links

import (
	"fmt"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Link is one network interface.
type Link struct {
	Name      string   `json:"name"`
	Index     int      `json:"index"`
	Type      string   `json:"type"` // "veth", "bridge"; "device" for hardware and lo
	MAC       string   `json:"mac,omitempty"`
	MTU       int      `json:"mtu"`
	Up        bool     `json:"up"`               // somebody switched it on
	State     string   `json:"state"`            // what it found then: "up", "down", "unknown" (lo), "lowerlayerdown"
	Master    string   `json:"master,omitempty"` // the bridge that it is a port of
	Addresses []string `json:"addresses"`
	PeerIndex int      `json:"peer_index,omitempty"` // veth: the other end's index, in the other end's namespace
	Parent    int      `json:"parent,omitempty"`     // macvlan, vlan …: the index of the interface below
	VNI       int      `json:"vni,omitempty"`        // vxlan: the number of its network

	peerNSID int // how our namespace calls the one that PeerIndex counts in; -1: its own
}

// List lists the interfaces of a namespace, in the order of their indexes.
func List(namespace string) ([]Link, error) {
	h, err := open(namespace)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	return list(h, namespace)
}

func list(h *netlink.Handle, namespace string) ([]Link, error) {
	raw, err := Whole(h.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list the interfaces of %s: %w", nameOf(namespace), err)
	}
	addresses, err := addressesByIndex(h)
	if err != nil {
		return nil, fmt.Errorf("list the addresses of %s: %w", nameOf(namespace), err)
	}
	names := namesByIndex(raw)
	var links []Link
	for _, r := range raw {
		l := describe(r)
		l.Master = names[r.Attrs().MasterIndex]
		l.Addresses = addresses[l.Index]
		links = append(links, l)
	}
	return links, nil
}

func describe(raw netlink.Link) Link {
	a := raw.Attrs()
	l := Link{
		Name: a.Name, Index: a.Index, Type: raw.Type(), MAC: a.HardwareAddr.String(), MTU: a.MTU,
		Up: a.RawFlags&unix.IFF_UP != 0, State: a.OperState.String(),
	}
	if l.Type == "veth" {
		l.PeerIndex, l.peerNSID = a.ParentIndex, a.NetNsID
	} else {
		l.Parent = a.ParentIndex
	}
	if v, ok := raw.(*netlink.Vxlan); ok {
		l.VNI = v.VxlanId
	}
	return l
}

func addressesByIndex(h *netlink.Handle) (map[int][]string, error) {
	all, err := Whole(func() ([]netlink.Addr, error) { return h.AddrList(nil, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, err
	}
	found := map[int][]string{}
	for _, a := range all {
		found[a.LinkIndex] = append(found[a.LinkIndex], a.IPNet.String())
	}
	return found, nil
}

func namesByIndex(raw []netlink.Link) map[int]string {
	names := map[int]string{}
	for _, r := range raw {
		names[r.Attrs().Index] = r.Attrs().Name
	}
	return names
}

// Find finds one interface of a namespace by its name.
func Find(namespace, name string) (Link, error) {
	all, err := List(namespace)
	if err != nil {
		return Link{}, err
	}
	for _, l := range all {
		if l.Name == name {
			return l, nil
		}
	}
	return Link{}, fmt.Errorf("find the interface %s in %s: there is none of that name", name, nameOf(namespace))
}

// Members lists the ports of a bridge.
func Members(namespace, bridge string) ([]Link, error) {
	all, err := List(namespace)
	if err != nil {
		return nil, err
	}
	var ports []Link
	for _, l := range all {
		if l.Master == bridge {
			ports = append(ports, l)
		}
	}
	return ports, nil
}
