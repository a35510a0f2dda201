// This file builds bridges, which all containers of a network share: each step makes only what is missing, and nothing takes it
// back but the network's removal. An overlay is a bridge too, with a tunnel plugged into it.
package network

import (
	"slices"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/nft"
)

// BuildPlan makes what all containers of the network share, where it is missing. note says on the link whose it is.
func BuildPlan(n Network, h Host, note string) []explain.Step {
	switch {
	case n.Driver == DriverOverlay:
		return append(bridgePlan(n, h, note), tunnelPlan(n, h)...)
	case n.bridged():
		return bridgePlan(n, h, note)
	case n.onParent():
		return parentPlan(n, h)
	}
	return nil
}

// bridgePlan. LESSON: shared
func bridgePlan(n Network, h Host, note string) []explain.Step {
	steps := linkPlan(n, h, note)
	_, v6 := n.V6()
	if !h.Forwarding || v6 && !h.Forward6 {
		forward := []explain.Op{kernel.SetSysctl{Name: "net.ipv4.ip_forward", Value: "1"}}
		if v6 {
			forward = append(forward, kernel.SetSysctl{Name: "net.ipv6.conf.all.forwarding", Value: "1"})
		}
		steps = append(steps, explain.Say("Let the kernel forward packets",
			"a Linux host drops what is not for itself, until it is told to be a router", lesson, forward...))
	}
	if !h.Firewall {
		steps = append(steps, explain.Say("Write the rules for bridges",
			"nobody outside has a route to a container: packets leave with the host's address, few may enter", lesson, nft.EnsureTable{}))
	}
	if !h.Member {
		steps = append(steps, explain.Say("Put the bridge under the rules",
			"the rules are the same for all networks; a set says which links are meant", lesson, membership(n)))
	}
	if len(h.Gates) > 0 {
		steps = append(steps, explain.Say("Ask the other firewall to let it pass",
			"a packet must be accepted by every table: a drop in one is not undone by ours", lesson, admissions(n, h)...))
	}
	if _, v4 := n.V4(); v4 && !h.Localnet {
		steps = append(steps, explain.Say("Let 127.0.0.1 reach published ports",
			"packets from loopback may not leave it; for published ports they have to", lesson,
			kernel.SetSysctl{Name: "net/ipv4/conf/" + n.Bridge + "/route_localnet", Value: "1"}))
	}
	return steps
}

func linkPlan(n Network, h Host, note string) []explain.Step {
	var ops []explain.Op
	if !h.Present {
		ops = append(ops, kernel.LinkEnsureBridge{Name: n.Bridge, MAC: MACOf(n.Subnets[0].Gateway), MTU: n.MTU})
	}
	if h.Note != note {
		ops = append(ops, kernel.LinkAlias{Name: n.Bridge, Note: note})
	}
	for _, s := range n.Subnets {
		if !h.Present || !slices.Contains(h.Subnets, s.Prefix) {
			ops = append(ops, kernel.AddressEnsure{Link: n.Bridge, CIDR: s.CIDR(s.Gateway)})
		}
	}
	if len(ops) == 0 {
		return nil
	}
	return []explain.Step{explain.Say("Build the bridge",
		"a bridge is a switch made of software; its own address is the containers' way out", lesson, ops...)}
}

func membership(n Network) nft.AddBridge {
	return nft.AddBridge{Name: n.Bridge, Closed: n.Internal, Routed: n.Options[optionMasquerade] == "false"}
}

func admissions(n Network, h Host) []explain.Op {
	var ops []explain.Op
	for _, g := range h.Gates {
		ops = append(ops, nft.Admit{Gate: g, Bridge: n.Bridge})
	}
	return ops
}

// RemovePlan takes back what BuildPlan made. gates are the other firewalls that were asked to let the bridge pass.
func RemovePlan(n Network, gates []nft.Gate) []explain.Step {
	var ops []explain.Op
	switch {
	case n.bridged():
		for _, g := range gates {
			ops = append(ops, nft.Expel{Gate: g, Bridge: n.Bridge})
		}
		ops = append(ops, nft.RemoveBridge{Name: n.Bridge})
		if n.Driver == DriverOverlay {
			ops = append(ops, kernel.LinkDelete{Name: tunnelName(n)})
		}
		ops = append(ops, kernel.LinkDelete{Name: n.Bridge})
	case n.onParent() && n.Made:
		ops = append(ops, kernel.LinkDelete{Name: n.Bridge})
	}
	if len(ops) == 0 {
		return nil
	}
	return []explain.Step{explain.Say("Remove the network's links and rules",
		"no container is on it any more, so nothing needs them", lesson, ops...).Kept("the network's link would outlive its name")}
}
