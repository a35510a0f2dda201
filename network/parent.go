// This file is macvlan and ipvlan: containers get shares of a link of the host and are on its network themselves, without a bridge
// and without address translation. Host and containers can not talk over that link: the kernel sends what leaves a share to the
// wire, and never up to the parent.
package network

import (
	"glassbox/explain"
	"glassbox/kernel"
)

// parentPlan makes the parent where it is one that we have to make: a VLAN of a link (eth0.50), or a link that leads nowhere.
func parentPlan(n Network, h Host) []explain.Step {
	if h.Present || !n.Made {
		return nil
	}
	if below, id, ok := vlanOf(n.Bridge); ok {
		return []explain.Step{explain.Say("Make a link for the VLAN",
			"frames that leave by it carry its number, and only frames with that number come in", lesson9,
			kernel.LinkEnsureVLAN{Name: n.Bridge, Parent: below, ID: id})}
	}
	return []explain.Step{explain.Say("Make a parent that leads nowhere",
		"without a link of the host, the containers see each other and nobody else", lesson9,
		kernel.LinkEnsureDummy{Name: n.Bridge})}
}

// sharePlan gives the container its share of the parent.
func sharePlan(s Sandbox, e Endpoint) []explain.Step {
	why := "the container is on the parent's network itself, with a hardware address of its own"
	if e.Network.Driver == DriverIPvlan {
		why = "the container is on the parent's network itself; it shares the hardware address"
	}
	return []explain.Step{explain.Say("Give the container a share of the link", why, lesson9,
		kernel.LinkAddShare{Kind: e.Network.Driver, Mode: shareMode(e.Network), Parent: e.Network.Bridge, Name: e.Link, Netns: s.Netns,
			MAC: e.MAC, MTU: e.Network.MTU},
		kernel.LinkUp{Netns: s.Netns, Name: e.Link})}
}
