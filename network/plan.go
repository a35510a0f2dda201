// This file decides what has to be asked of the kernel to connect a container, and in which order. Shared things come first:
// what is made for all stays when the container goes.
package network

import (
	"fmt"
	"net/netip"
	"slices"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/nft"
)

const lesson = "04"

// AttachPlan makes the network of e on a host of which h is known; the zero Host has nothing yet. Taking back the steps in
// reverse detaches the container.
func AttachPlan(e Endpoint, h Host) []explain.Step {
	switch e.Mode {
	case ModeHost, ModeContainer:
		return nil
	case ModeNone:
		return namespacePlan(e)
	}
	return slices.Concat(sharedPlan(e.Network, h), namespacePlan(e), cablePlan(e), portsPlan(e))
}

// sharedPlan makes what all containers of the network use, where it is missing. LESSON: shared
func sharedPlan(n Network, h Host) []explain.Step {
	var steps []explain.Step
	if h.Subnet != n.Subnet {
		steps = append(steps, explain.Say("Build the bridge",
			"a bridge is a switch made of software; its own address is the containers' way out", lesson,
			kernel.LinkEnsureBridge{Name: n.Bridge, MAC: macOf(n.Gateway()), MTU: n.MTU},
			kernel.AddressEnsure{Link: n.Bridge, CIDR: netip.PrefixFrom(n.Gateway(), n.Subnet.Bits()).String()}))
	}
	if !h.Forwarding {
		steps = append(steps, explain.Say("Let the kernel forward packets",
			"a Linux host drops what is not for itself, until it is told to be a router", lesson,
			kernel.SetSysctl{Name: "net.ipv4.ip_forward", Value: "1"}))
	}
	if !h.Firewall {
		steps = append(steps, explain.Say("Hide containers behind the host",
			"nobody outside has a route to a container, so packets must leave with the host's own address", lesson,
			nft.EnsureTable{Bridge: n.Bridge, Subnet: n.Subnet.String()}))
	}
	if !h.Localnet {
		steps = append(steps, explain.Say("Let 127.0.0.1 reach published ports",
			"packets from loopback may not leave it; for published ports they have to", lesson,
			kernel.SetSysctl{Name: "net.ipv4.conf." + n.Bridge + ".route_localnet", Value: "1"}))
	}
	return steps
}

func namespacePlan(e Endpoint) []explain.Step {
	return []explain.Step{
		explain.Say("Create a network namespace",
			"devices, addresses, routes and ports of its own; a mount keeps it while no process is in it", lesson,
			kernel.NetnsCreate{Path: e.Netns}).Kept("the container would share the host's network"),
		explain.Say("Bring up loopback", "even 127.0.0.1 is switched off in a new namespace", lesson,
			kernel.LinkUp{Netns: e.Netns, Name: "lo"}),
	}
}

// cablePlan connects the namespace with the bridge. LESSON: cable
func cablePlan(e Endpoint) []explain.Step {
	n := e.Network
	return []explain.Step{
		explain.Say("Lay a virtual cable",
			"one end in the bridge, the other in the container: what goes in here comes out there", lesson,
			kernel.LinkAddVeth{Name: e.Veth(), Bridge: n.Bridge, MTU: n.MTU,
				Peer: Inside, PeerNetns: e.Netns, PeerMAC: e.MAC()},
			kernel.LinkUp{Netns: e.Netns, Name: Inside}, kernel.LinkSettle{Name: e.Veth()}),
		explain.Say("Give the container an address",
			"the prefix length also tells it who is on the same bridge", lesson,
			kernel.AddressAdd{Netns: e.Netns, Link: Inside, CIDR: netip.PrefixFrom(e.Address, n.Subnet.Bits()).String()}),
		explain.Say("Point the default route at the bridge",
			"what is not on the bridge goes to the bridge's own address, and so to the host", lesson,
			kernel.DefaultRouteAdd{Netns: e.Netns, Gateway: n.Gateway().String()}),
	}
}

func portsPlan(e Endpoint) []explain.Step {
	if len(e.Ports) == 0 {
		return nil
	}
	// Where bridged packets pass the firewall too (br_netfilter), the bridge itself sends the translated packet on.
	steps := []explain.Step{explain.Say("Let packets return where they came from",
		"a container that asks for its own published port is sent back through its own cable", lesson,
		kernel.LinkHairpin{Name: e.Veth()})}
	for _, p := range e.Ports {
		steps = append(steps, explain.Say(fmt.Sprintf("Publish port %d/%s", p.HostPort, p.Proto),
			"what arrives at this port of the host gets the container as its destination", lesson,
			nft.Publish{Proto: p.Proto, HostIP: p.HostIP, HostPort: p.HostPort, Addr: e.Address.String(), Port: p.Port}))
	}
	return steps
}
