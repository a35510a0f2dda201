// This file finds out what the host already has. It changes nothing.
package network

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"

	"github.com/vishvananda/netlink"

	"glassbox/kernel/look/links"
	"glassbox/kernel/nft"
)

// Host is what a plan has to know of the host, seen from one network's link. The zero value is a host with nothing of ours.
type Host struct {
	Present    bool           // the link is there and up
	Subnets    []netip.Prefix // of the link
	Note       string         // the link's alias: whose it is
	Tunnel     bool           // an overlay's VXLAN link is there
	Forwarding bool           // net.ipv4.ip_forward
	Forward6   bool           // net.ipv6.conf.all.forwarding
	Localnet   bool           // route_localnet of the bridge
	Firewall   bool           // our nftables table is as it has to be
	Member     bool           // the bridge is in the table's sets
	Gates      []nft.Gate     // other firewalls that would stop its packets
}

// Look finds that out for one network.
func Look(n Network) (Host, error) {
	var h Host
	link, err := linkByName(n.Bridge)
	if err != nil {
		return h, err
	}
	if link != nil {
		if n.bridged() && link.Type() != "bridge" {
			return h, fmt.Errorf("the link %s is no bridge but a %s: rename or delete it", n.Bridge, link.Type())
		}
		h.Present, h.Note = link.Attrs().Flags&net.FlagUp != 0, link.Attrs().Alias
		if h.Subnets, err = subnetsOf(link); err != nil {
			return h, err
		}
	}
	if !n.bridged() {
		return h, nil
	}
	return h, h.lookAround(n)
}

// lookAround looks at what makes a bridge a router: kernel parameters and rules.
func (h *Host) lookAround(n Network) error {
	var err error
	for path, into := range map[string]*bool{"ipv4/ip_forward": &h.Forwarding, "ipv6/conf/all/forwarding": &h.Forward6,
		"ipv4/conf/" + n.Bridge + "/route_localnet": &h.Localnet} {
		if *into, err = isOn("/proc/sys/net/" + path); err != nil {
			return err
		}
	}
	if n.Driver == DriverOverlay {
		tunnel, err := linkByName(tunnelName(n))
		if err != nil {
			return err
		}
		h.Tunnel = tunnel != nil
	}
	if h.Firewall, err = (nft.EnsureTable{}).InPlace(); err != nil {
		return err
	}
	if h.Member, err = membership(n).InPlace(); err != nil {
		return err
	}
	h.Gates, err = nft.Gates(n.Bridge)
	return err
}

// linkByName returns nil where there is no such link.
func linkByName(name string) (netlink.Link, error) {
	link, err := netlink.LinkByName(name)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look at the link %s: %w", name, err)
	}
	return link, nil
}

// HasLink tells whether the host has a link of that name.
func HasLink(name string) (bool, error) {
	link, err := linkByName(name)
	return link != nil, err
}

// Routes lists where the host's routes lead, the default routes apart.
func Routes() ([]netip.Prefix, error) {
	var found []netip.Prefix
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		list, err := links.Whole(func() ([]netlink.Route, error) { return netlink.RouteList(nil, family) })
		if err != nil {
			return nil, fmt.Errorf("list the host's routes: %w", err)
		}
		for _, r := range list {
			if r.Dst == nil {
				continue
			}
			if p := prefixOf(r.Dst); p.Bits() > 0 {
				found = append(found, p)
			}
		}
	}
	return found, nil
}

func subnetsOf(link netlink.Link) ([]netip.Prefix, error) {
	addresses, err := links.AddressesOf(link.Attrs().Index)
	if err != nil {
		return nil, fmt.Errorf("list the addresses of %s: %w", link.Attrs().Name, err)
	}
	var found []netip.Prefix
	for _, a := range addresses {
		if !a.Addr().IsLinkLocalUnicast() {
			found = append(found, a.Masked())
		}
	}
	return found, nil
}

func prefixOf(n *net.IPNet) netip.Prefix {
	address, _ := netip.AddrFromSlice(n.IP) // what the kernel gives is of four bytes or sixteen
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(address.Unmap(), ones).Masked()
}

func isOn(path string) (bool, error) {
	value, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look at a kernel parameter: %w", err)
	}
	return strings.TrimSpace(string(value)) == "1", nil
}

// Note is what stands on a link; empty where there is no such link.
func Note(link string) (string, error) {
	found, err := linkByName(link)
	if err != nil || found == nil {
		return "", err
	}
	return found.Attrs().Alias, nil
}

// Noted lists the links with a note.
func Noted(note string) ([]string, error) {
	list, err := links.Whole(netlink.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list the links: %w", err)
	}
	var found []string
	for _, l := range list {
		if l.Attrs().Alias == note {
			found = append(found, l.Attrs().Name)
		}
	}
	return found, nil
}
