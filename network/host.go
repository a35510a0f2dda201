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

	"glassbox/kernel/nft"
)

// Host is what a plan has to know of the host. The zero value is a host with nothing of ours.
type Host struct {
	Subnet     netip.Prefix   // of the bridge; zero where there is no bridge, or it is down or has no address
	Forwarding bool           // net.ipv4.ip_forward
	Localnet   bool           // route_localnet of the bridge
	Firewall   bool           // our nftables table is as it has to be
	Routes     []netip.Prefix // where the host's routes lead, the default route apart
}

// Look finds that out for the bridge of this name. Routes are read before the bridge: one that another process builds at this
// moment is then either seen as a bridge or not at all, and never taken for a foreign network.
func Look(bridge string) (Host, error) {
	var h Host
	var err error
	if h.Routes, err = routes(); err != nil {
		return h, err
	}
	if h.Subnet, err = subnetOf(bridge); err != nil {
		return h, err
	}
	if h.Forwarding, err = isOn("/proc/sys/net/ipv4/ip_forward"); err != nil || !h.Subnet.IsValid() {
		return h, err
	}
	if h.Localnet, err = isOn("/proc/sys/net/ipv4/conf/" + bridge + "/route_localnet"); err != nil {
		return h, err
	}
	h.Firewall, err = nft.EnsureTable{Bridge: bridge, Subnet: h.Subnet.String()}.InPlace()
	return h, err
}

func routes() ([]netip.Prefix, error) {
	list, err := netlink.RouteList(nil, netlink.FAMILY_V4)
	if err != nil {
		return nil, fmt.Errorf("list the host's routes: %w", err)
	}
	var found []netip.Prefix
	for _, r := range list {
		if r.Dst == nil {
			continue
		}
		if p := prefixOf(r.Dst); p.Bits() > 0 {
			found = append(found, p)
		}
	}
	return found, nil
}

func subnetOf(bridge string) (netip.Prefix, error) {
	link, err := netlink.LinkByName(bridge)
	if errors.As(err, new(netlink.LinkNotFoundError)) {
		return netip.Prefix{}, nil
	}
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("look at the link %s: %w", bridge, err)
	}
	if link.Type() != "bridge" {
		return netip.Prefix{}, fmt.Errorf("the link %s is no bridge but a %s: rename or delete it", bridge, link.Type())
	}
	addresses, err := netlink.AddrList(link, netlink.FAMILY_V4)
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("list the addresses of %s: %w", bridge, err)
	}
	if len(addresses) == 0 || link.Attrs().Flags&net.FlagUp == 0 {
		return netip.Prefix{}, nil
	}
	return prefixOf(addresses[0].IPNet), nil
}

func prefixOf(n *net.IPNet) netip.Prefix {
	address, _ := netip.AddrFromSlice(n.IP.To4()) // the kernel was asked for IPv4 only
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(address, ones).Masked()
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
