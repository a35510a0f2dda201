// This file finds what is left of networks: links with our note that no network has, and rules for links that are gone.
package engine

import (
	"errors"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"

	"glassbox/kernel"
	"glassbox/kernel/look/links"
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

// strayTraces. The name of its table says which process follows a packet; whose engine it was does not matter.
func (e *Engine) strayTraces(owners) ([]Leak, error) {
	tables, err := nft.TraceTables()
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for table, pid := range tables {
		if errors.Is(unix.Kill(pid, 0), unix.ESRCH) {
			leaks = append(leaks, strayed("rules", table, "who followed a packet has ended", nft.UntracePackets{Table: table}))
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

// othersSubnets lists those of links that do not bear our note. The books of another engine may have a subnet of ours, as long as
// only one of us has made its bridge: then the ports that lead there are that one's.
func (e *Engine) othersSubnets() ([]netip.Prefix, error) {
	ours, err := network.Noted(e.note())
	if err != nil {
		return nil, err
	}
	list, err := links.List("")
	if err != nil {
		return nil, err
	}
	var found []netip.Prefix
	for _, l := range list {
		for _, a := range l.Addresses {
			p, err := netip.ParsePrefix(a)
			if err == nil && !slices.Contains(ours, l.Name) {
				found = append(found, p.Masked())
			}
		}
	}
	return found, nil
}

func within(address string) func(netip.Prefix) bool {
	a, err := netip.ParseAddr(address)
	return func(p netip.Prefix) bool { return err == nil && p.Contains(a) }
}
