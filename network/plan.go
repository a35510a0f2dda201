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

// The lessons that show these steps.
const (
	lesson  = "04"
	lesson9 = "09"
)

// NamespacePlan makes the container's own network, with loopback alone. LESSON: namespace
func NamespacePlan(s Sandbox) []explain.Step {
	if !s.isOwn() {
		return nil
	}
	return []explain.Step{
		explain.Say("Create a network namespace",
			"devices, addresses, routes and ports of its own; a mount keeps it while no process is in it", lesson,
			kernel.NetnsCreate{Path: s.Netns}),
		explain.Say("Bring up loopback", "even 127.0.0.1 is switched off in a new namespace", lesson,
			kernel.LinkUp{Netns: s.Netns, Name: "lo"}),
	}
}

// LinksPlan connects a container's namespace with its networks, once these are built. Taking back the steps in reverse detaches it.
func LinksPlan(s Sandbox) []explain.Step {
	if !s.isOwn() {
		return nil
	}
	var steps []explain.Step
	for i := range s.Endpoints {
		steps = append(steps, EndpointPlan(s, i)...)
	}
	return steps
}

// EndpointPlan connects a namespace that is there with one more network.
func EndpointPlan(s Sandbox, i int) []explain.Step {
	e := s.Endpoints[i]
	var steps []explain.Step
	switch {
	case e.Network.Driver == DriverCNI:
		return pluginPlan(s, e)
	case e.Network.onParent():
		steps = sharePlan(s, e)
	default:
		steps = cablePlan(s, e)
	}
	steps = append(steps, addressPlan(s, e))
	if i != s.Gateway() {
		return steps
	}
	return slices.Concat(steps, gatewayPlan(s, e), portsPlan(s, e))
}

// cablePlan connects the namespace with the bridge. LESSON: cable
func cablePlan(s Sandbox, e Endpoint) []explain.Step {
	ops := []explain.Op{
		kernel.LinkAddVeth{Name: e.Veth, Bridge: e.Network.Bridge, MTU: e.Network.MTU,
			Peer: e.Link, PeerNetns: s.Netns, PeerMAC: e.MAC},
		kernel.LinkOff6{Name: e.Veth}, // a port of a switch has no address
	}
	if _, v6 := e.Network.V6(); !v6 {
		ops = append(ops, kernel.LinkWithout6{Netns: s.Netns, Name: e.Link})
	}
	return []explain.Step{explain.Say("Lay a virtual cable",
		"one end in the bridge, the other in the container: what goes in here comes out there", lesson,
		append(ops, kernel.LinkUp{Netns: s.Netns, Name: e.Link}, kernel.LinkSettle{Name: e.Veth})...)}
}

func addressPlan(s Sandbox, e Endpoint) explain.Step {
	var ops []explain.Op
	for _, a := range e.Addresses {
		ops = append(ops, kernel.AddressAdd{Netns: s.Netns, Link: e.Link, CIDR: e.CIDR(a)})
	}
	return explain.Say("Give the container an address",
		"the prefix length also tells it who is on the same bridge", lesson, ops...)
}

// gatewayPlan lets the container reach the world by way of one of its networks.
func gatewayPlan(s Sandbox, e Endpoint) []explain.Step {
	var ops []explain.Op
	for _, a := range e.Addresses {
		if gateway := e.gateway(a); gateway.IsValid() {
			ops = append(ops, kernel.DefaultRouteAdd{Netns: s.Netns, Gateway: gateway.String()})
		}
	}
	if len(ops) == 0 {
		return nil
	}
	return []explain.Step{explain.Say("Point the default route at the bridge",
		"what is not on the bridge goes to the bridge's own address, and so to the host", lesson, ops...)}
}

// gateway is the router for one of the endpoint's addresses. A macvlan may have none.
func (e Endpoint) gateway(a netip.Addr) netip.Addr {
	for _, s := range e.Network.Subnets {
		if s.Prefix.Contains(a) {
			return s.Gateway
		}
	}
	return netip.Addr{}
}

// portsPlan publishes the container's ports. Those of no particular address are published once for each generation that the
// container has an address of.
func portsPlan(s Sandbox, e Endpoint) []explain.Step {
	if len(s.Ports) == 0 || !e.Network.bridged() {
		return nil
	}
	// Where bridged packets pass the firewall too (br_netfilter), the bridge itself sends the translated packet on.
	steps := []explain.Step{explain.Say("Let packets return where they came from",
		"a container that asks for its own published port is sent back through its own cable", lesson,
		kernel.LinkHairpin{Name: e.Veth})}
	for _, p := range s.Ports {
		steps = append(steps, explain.Say(fmt.Sprintf("Publish port %d/%s", p.HostPort, p.Proto),
			"what arrives at this port of the host gets the container as its destination", lesson,
			append(publications(p, e), staleFlows(p, e)...)...))
	}
	return steps
}

// staleFlows forgets who went to an earlier container by a port that knows no connections.
func staleFlows(p Port, e Endpoint) []explain.Op {
	var ops []explain.Op
	if p.Proto == "udp" {
		for _, op := range publications(p, e) {
			ops = append(ops, nft.ForgetFlows(op.(nft.Publish)))
		}
	}
	return ops
}

func publications(p Port, e Endpoint) []explain.Op {
	at, _ := netip.ParseAddr(p.HostIP)
	var ops []explain.Op
	for _, a := range e.Addresses {
		if !at.IsValid() || at.Is4() == a.Is4() {
			ops = append(ops, nft.Publish{Proto: p.Proto, HostIP: p.HostIP, HostPort: p.HostPort, Addr: a.String(), Port: p.Port})
		}
	}
	return ops
}

// DetachPlan takes the container off one network while it runs. If that was its way out, the next network becomes it.
func DetachPlan(s Sandbox, i int) []explain.Step {
	e := s.Endpoints[i]
	var ops []explain.Op
	if i == s.Gateway() {
		for _, p := range s.Ports {
			for _, op := range publications(p, e) {
				ops = append(ops, nft.Unpublish(op.(nft.Publish)))
			}
		}
	}
	switch {
	case e.Network.Driver == DriverCNI:
		ops = append(ops, plugin(s, e).Undo())
	case e.Veth != "":
		ops = append(ops, kernel.LinkDelete{Name: e.Veth})
	default:
		ops = append(ops, kernel.LinkDeleteInside{Netns: s.Netns, Name: e.Link})
	}
	steps := []explain.Step{explain.Say("Pull the cable out",
		"with the link, its addresses and routes go too; what was published leads nowhere", lesson, ops...).Kept("the container would stay on the network")}
	rest := s
	rest.Endpoints = slices.Delete(slices.Clone(s.Endpoints), i, i+1)
	if next := rest.Gateway(); i == s.Gateway() && next >= 0 {
		steps = append(steps, slices.Concat(gatewayPlan(rest, rest.Endpoints[next]), portsPlan(rest, rest.Endpoints[next]))...)
	}
	return steps
}
