// This file chooses addresses for networks of which nobody says which ones they have.
package network

import (
	"fmt"
	"net/netip"
	"slices"
)

// defaultSubnets are for the predefined bridge. They keep clear of what others like to take: Docker 172.17 to 172.31 and 192.168,
// Podman 10.88 and 10.89, k3s 10.42 and 10.43, kubeadm 10.96.
func defaultSubnets() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.44.0.0/16"), netip.MustParsePrefix("10.131.0.0/16"), netip.MustParsePrefix("10.213.0.0/16"),
		netip.MustParsePrefix("100.99.0.0/16"),
	}
}

// userSubnets are for networks that users make: 15 large ones, then 256 small ones.
func userSubnets() []netip.Prefix {
	var all []netip.Prefix
	for i := range 15 {
		all = append(all, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, byte(45 + i), 0, 0}), 16))
	}
	for i := range 256 {
		all = append(all, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 214, byte(i), 0}), 24))
	}
	return all
}

// Choose gives the predefined bridge addresses: those that its link has, else the first to which the host has no route.
func Choose(n Network, h Host, routes []netip.Prefix) (Network, error) {
	for _, p := range h.Subnets {
		if p.Addr().Is4() && h.Present {
			n.Subnets = []Subnet{{Prefix: p, Gateway: firstAddress(p)}}
			return n, nil
		}
	}
	for _, p := range defaultSubnets() {
		if usable(p, routes) == nil {
			n.Subnets = []Subnet{{Prefix: p, Gateway: firstAddress(p)}}
			return n, nil
		}
	}
	return n, fmt.Errorf("choose a subnet for %s: the host has routes to all of %v: make a network with a --subnet of your own", n.Bridge, defaultSubnets())
}

func freeSubnet(routes []netip.Prefix) (netip.Prefix, error) {
	for _, p := range append(userSubnets(), defaultSubnets()[1:]...) {
		if usable(p, routes) == nil {
			return p, nil
		}
	}
	return netip.Prefix{}, fmt.Errorf("could not find an available, non-overlapping address pool: all of 10.45.0.0/16 to 10.59.0.0/16 and 10.214.0.0/16 are in use: give a --subnet, or 'glassbox network prune'")
}

func usable(subnet netip.Prefix, routes []netip.Prefix) error {
	if subnet.Addr().BitLen()-subnet.Bits() < 2 {
		return fmt.Errorf("subnet %s: want a network of at least 4 addresses", subnet)
	}
	if i := slices.IndexFunc(routes, subnet.Overlaps); i >= 0 {
		return fmt.Errorf("subnet %s: pool overlaps with other one on this address space: %s is in use by another network or a route of the host: choose another one", subnet, routes[i])
	}
	return nil
}
