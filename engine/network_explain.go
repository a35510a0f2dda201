// This file draws a network for `glassbox network explain`: package topology looks at the kernel, and what it finds is compared
// with the books.
package engine

import (
	"net/netip"

	"glassbox/network"
	"glassbox/network/topology"
)

// ExplainNetwork draws a network from the kernel's own state.
func (e *Engine) ExplainNetwork(ref string) (topology.Topology, error) {
	n, err := e.book().Find(ref)
	if err != nil {
		return topology.Topology{}, err
	}
	running, err := e.running()
	if err != nil {
		return topology.Topology{}, err
	}
	var places []topology.Place
	for _, p := range running {
		places = append(places, topology.Place(p))
	}
	t, err := topology.Read(n.Name, n.Bridge, "", places)
	if err != nil {
		return t, err
	}
	booked, err := e.booked(n)
	if err != nil {
		return t, err
	}
	t.Compare(gateways(n), booked)
	return t, nil
}

// gateways are the addresses that the bridge should have. With macvlan the gateway is a router somewhere else.
func gateways(n network.Network) []netip.Addr {
	var list []netip.Addr
	if n.Driver == network.DriverBridge {
		for _, s := range n.Subnets {
			list = append(list, s.Gateway)
		}
	}
	return list
}

// booked lists who should be on the network, by the records of the containers that run.
func (e *Engine) booked(n network.Network) ([]topology.Booked, error) {
	ids, err := e.ids()
	if err != nil {
		return nil, err
	}
	var list []topology.Booked
	for _, id := range ids {
		sandbox, err := e.readSandbox(id)
		if err != nil {
			return nil, err
		}
		r, err := e.readRecord(id)
		if err != nil {
			continue // it is being removed
		}
		for _, end := range sandbox.Endpoints {
			if end.Network.ID != n.ID {
				continue
			}
			for _, a := range end.Addresses {
				list = append(list, topology.Booked{Place: r.Name, Address: a})
			}
		}
	}
	return list, nil
}
