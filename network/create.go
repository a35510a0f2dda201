// This file turns what `network create` was told into a network: it fills in what was left out, and refuses what can not be. It
// reads nothing but the files of options; what it has to know of the host comes in.
package network

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
)

// Wanted is what `network create` was told about addresses, each list in the order given.
type Wanted struct {
	Subnets, Gateways, Ranges []string
	Aux                       map[string]string
}

const defaultMTU = 1500

// New completes a network. taken are the networks that there are, routes those of the host.
func New(n Network, w Wanted, taken []Network, routes []netip.Prefix) (Network, error) {
	n.ID, n.Scope = NewID(), "local"
	if err := checkName(n, taken); err != nil {
		return n, err
	}
	if !slices.Contains([]string{DriverBridge, DriverMacvlan, DriverIPvlan, DriverOverlay, DriverCNI}, n.Driver) {
		return n, fmt.Errorf("there is no network driver %q: want bridge, macvlan, ipvlan, overlay or cni", n.Driver)
	}
	if n.Driver == DriverCNI && (len(w.Subnets)+len(w.Gateways)+len(w.Ranges)+len(w.Aux) > 0 || n.Internal || n.IPv6) {
		return n, errors.New("with the driver cni the addresses are the plugins': write them into the configuration list")
	}
	if err := applyOptions(&n); err != nil || n.Driver == DriverCNI {
		return n, err
	}
	for _, t := range taken {
		if n.Driver == DriverBridge && t.Bridge == n.Bridge {
			return n, fmt.Errorf("the bridge %s is that of network %s: choose another name", n.Bridge, t.Name)
		}
		for _, s := range t.Subnets {
			routes = append(routes, s.Prefix)
		}
	}
	if n.onParent() {
		routes = nil // it is the parent's own network: the host has a route to it
	}
	return n, n.addSubnets(w, routes)
}

func checkName(n Network, taken []Network) error {
	if !regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]*$`).MatchString(n.Name) {
		return fmt.Errorf("network name %q: want letters, digits, '_', '.' and '-', a letter or digit first", n.Name)
	}
	for _, t := range taken {
		if t.Name == n.Name {
			return fmt.Errorf("network with name %s already exists: remove it or choose another name", n.Name)
		}
	}
	return nil
}

func (n *Network) addSubnets(w Wanted, routes []netip.Prefix) error {
	for _, text := range w.Subnets {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("--subnet %s: want a network such as 10.45.0.0/16: %w", text, err)
		}
		n.Subnets = append(n.Subnets, Subnet{Prefix: p.Masked()})
		n.IPv6 = n.IPv6 || p.Addr().Is6()
	}
	if _, has := n.V4(); !has {
		p, err := freeSubnet(routes)
		if err != nil {
			return err
		}
		n.Subnets = append([]Subnet{{Prefix: p}}, n.Subnets...)
	}
	if _, has := n.V6(); !has && n.IPv6 {
		n.Subnets = append(n.Subnets, Subnet{Prefix: uniqueLocal(n.ID)})
	}
	seen := map[bool]bool{}
	for _, s := range n.Subnets {
		if seen[s.Prefix.Addr().Is4()] {
			return fmt.Errorf("--subnet %s: one IPv4 and one IPv6 subnet a network are supported", s.Prefix)
		}
		seen[s.Prefix.Addr().Is4()] = true
		if err := usable(s.Prefix, routes); err != nil {
			return err
		}
	}
	return n.addDetails(w)
}

// addDetails finds the subnet to which each gateway, range and auxiliary address belongs.
func (n *Network) addDetails(w Wanted) error {
	for _, text := range w.Gateways {
		a, err := netip.ParseAddr(text)
		s := n.within(netip.PrefixFrom(a, a.BitLen()))
		if err != nil || s == nil {
			return fmt.Errorf("--gateway %s: no matching subnet: it must lie in one of the network's", text)
		}
		s.Gateway = a
	}
	for _, text := range w.Ranges {
		p, err := netip.ParsePrefix(text)
		s := n.within(p)
		if err != nil || s == nil {
			return fmt.Errorf("--ip-range %s: no matching subnet: it must lie in one of the network's", text)
		}
		s.Range = p.Masked()
	}
	for name, text := range w.Aux {
		a, err := netip.ParseAddr(text)
		s := n.within(netip.PrefixFrom(a, a.BitLen()))
		if err != nil || s == nil {
			return fmt.Errorf("--aux-address %s=%s: no matching subnet: it must lie in one of the network's", name, text)
		}
		if s.Aux == nil {
			s.Aux = map[string]netip.Addr{}
		}
		s.Aux[name] = a
	}
	for i, s := range n.Subnets {
		if !s.Gateway.IsValid() {
			n.Subnets[i].Gateway = firstAddress(s.Prefix)
		}
	}
	return nil
}

func (n *Network) within(p netip.Prefix) *Subnet {
	for i, s := range n.Subnets {
		if p.IsValid() && s.Prefix.Contains(p.Addr()) && p.Bits() >= s.Prefix.Bits() {
			return &n.Subnets[i]
		}
	}
	return nil
}

// uniqueLocal makes an IPv6 network that nobody else has, out of the id, which is random. RFC 4193.
func uniqueLocal(id string) netip.Prefix {
	b, _ := hex.DecodeString(id[:14]) // ours
	address := [16]byte{0: 0xfd}
	copy(address[1:8], b)
	return netip.PrefixFrom(netip.AddrFrom16(address), 64)
}

// Fit makes a new network fit what there is on the host: a bridge's name must be free, and a parent be there, or be one that we
// can make.
func Fit(n Network, h Host) (Network, error) {
	switch {
	case n.bridged() && h.Present:
		return n, fmt.Errorf("the host has a link %s already: choose another name, or delete it with 'ip link delete %s'", n.Bridge, n.Bridge)
	case !n.onParent() || h.Present || n.Made:
		return n, nil
	}
	if _, _, vlan := vlanOf(n.Bridge); !vlan {
		return n, fmt.Errorf("--opt parent=%s: the host has no link of that name that is up ('ip link' shows them)", n.Bridge)
	}
	n.Made = true
	return n, nil
}
