// This file chooses the addresses of the bridge.
package network

import (
	"fmt"
	"net/netip"
	"slices"
)

const defaultMTU = 1500

// candidates keep clear of what others like to take: Docker 172.17 to 172.31 and 192.168, Podman 10.88 and 10.89, k3s 10.42
// and 10.43, kubeadm 10.96.
func candidates() []netip.Prefix {
	return []netip.Prefix{
		netip.MustParsePrefix("10.44.0.0/16"), netip.MustParsePrefix("10.131.0.0/16"), netip.MustParsePrefix("10.213.0.0/16"),
		netip.MustParsePrefix("100.99.0.0/16"),
	}
}

// Choose gives the network of a bridge: with the subnet that the bridge has, else the one wanted, else the first candidate
// to which the host has no route. The zero prefix wants nothing in particular.
func Choose(bridge string, want netip.Prefix, h Host) (Network, error) {
	n := Network{Bridge: bridge, MTU: defaultMTU}
	want = want.Masked()
	if h.Subnet.IsValid() {
		n.Subnet = h.Subnet
		if want.IsValid() && want != h.Subnet {
			return n, fmt.Errorf("subnet %s: the bridge %s has %s already: remove its containers and delete it with 'ip link delete %s'",
				want, bridge, h.Subnet, bridge)
		}
		return n, nil
	}
	if want.IsValid() {
		n.Subnet = want
		return n, usable(want, h.Routes)
	}
	for _, c := range candidates() {
		if usable(c, h.Routes) == nil {
			n.Subnet = c
			return n, nil
		}
	}
	return n, fmt.Errorf("choose a subnet for %s: the host has routes to all of %v: give it another one", bridge, candidates())
}

func usable(subnet netip.Prefix, routes []netip.Prefix) error {
	if !subnet.Addr().Is4() || subnet.Bits() > 29 {
		return fmt.Errorf("subnet %s: want an IPv4 network of at least 8 addresses", subnet)
	}
	if i := slices.IndexFunc(routes, subnet.Overlaps); i >= 0 {
		return fmt.Errorf("subnet %s: the host has a route to %s, which overlaps: choose another one", subnet, routes[i])
	}
	return nil
}
