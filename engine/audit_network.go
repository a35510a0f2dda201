// This file finds what is left of networks: links with our note that no network has, and rules for links that are gone.
package engine

import (
	"net/netip"
	"slices"

	"glassbox/kernel"
	"glassbox/kernel/nft"
	"glassbox/network"
)

// strayBridges. A note on a link says which engine made it; the book says which networks there are.
func (e *Engine) strayBridges(owners) ([]Leak, error) {
	list, err := e.Networks()
	if err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for _, n := range list {
		known[n.Bridge] = true
	}
	noted, err := network.Noted(e.note())
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, link := range noted {
		if !known[link] {
			leaks = append(leaks, strayed("link", link, "its network is gone", kernel.LinkDelete{Name: link}))
		}
	}
	ruled, err := nft.Bridges()
	if err != nil {
		return nil, err
	}
	for _, link := range ruled {
		there, err := network.HasLink(link)
		if err != nil {
			return nil, err
		}
		if !there && !known[link] {
			leaks = append(leaks, e.strayRules(link))
		}
	}
	return leaks, nil
}

func (e *Engine) strayRules(link string) Leak {
	leak := strayed("rules", link, "the link is gone", nft.RemoveBridge{Name: link})
	leak.fix = func() error { return e.demolish(network.Network{Driver: network.DriverBridge, Bridge: link}, nil) }
	return leak
}

// subnets lists the addresses of all networks of this engine.
func (e *Engine) subnets() ([]netip.Prefix, error) {
	list, err := e.Networks()
	if err != nil {
		return nil, err
	}
	var all []netip.Prefix
	for _, n := range list {
		for _, s := range n.Subnets {
			all = append(all, s.Prefix)
		}
	}
	return slices.Clip(all), nil
}

func within(address string) func(netip.Prefix) bool {
	a, err := netip.ParseAddr(address)
	return func(p netip.Prefix) bool { return err == nil && p.Contains(a) }
}
