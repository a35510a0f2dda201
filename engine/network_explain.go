// This file draws a network for `glassbox network explain`: package topology looks at the kernel, and what it finds is compared
// with the books.
package engine

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"glassbox/kernel/look/links"
	"glassbox/network"
	"glassbox/network/topology"
)

// ExplainNetwork draws a network from the kernel's own state. A container that comes or goes meanwhile is in one of kernel and books
// before the other; so a difference counts that is still there some time later.
func (e *Engine) ExplainNetwork(ref string) (topology.Topology, error) {
	n, err := e.explained(ref)
	if err != nil {
		return topology.Topology{}, err
	}
	var t topology.Topology
	var stay []string // the differences in every drawing so far
	for drawings, tries := 0, 0; drawings < 12 && tries < 30; tries++ {
		if tries > 0 {
			time.Sleep(50 * time.Millisecond)
		}
		if t, err = e.drawn(n); err != nil {
			continue // somebody went while we looked
		}
		if drawings > 0 {
			t.Difference = slices.DeleteFunc(t.Difference, func(d string) bool { return !slices.Contains(stay, d) })
		}
		if stay = t.Difference; len(stay) == 0 {
			break
		}
		drawings++
	}
	return t, err
}

func (e *Engine) drawn(n network.Network) (topology.Topology, error) {
	running, err := e.running()
	if err != nil {
		return topology.Topology{}, err
	}
	var places []topology.Place
	for _, p := range running {
		places = append(places, topology.Place(p))
	}
	booked, err := e.booked(n)
	if err != nil {
		return topology.Topology{}, err
	}
	if n.Driver == network.DriverCNI {
		if n.Bridge, err = pluginLink(places, booked); err != nil {
			return topology.Topology{}, err
		}
	}
	t, err := topology.Read(n.Name, n.Bridge, "", places)
	if err != nil {
		return t, err
	}
	members := make([]topology.Booked, len(booked))
	for i, b := range booked {
		members[i] = b.Booked
	}
	t.Compare(gateways(n), members)
	return t, nil
}

// explained finds a network that has links of its own.
func (e *Engine) explained(ref string) (network.Network, error) {
	n, err := e.book().Find(ref)
	switch {
	case err != nil:
		return n, err
	case n.Default():
		n, _, err = e.defaultNetwork(n)
	case n.Driver == network.DriverHost:
		err = fmt.Errorf("draw network %s: it has no links of its own: its containers have those of the host, see glassbox look links 1", n.Name)
	case n.Driver == network.DriverNull:
		err = fmt.Errorf("draw network %s: it has no links: its containers have their own loopback alone", n.Name)
	}
	return n, err
}

// onNetwork is where a container's record says that it is.
type onNetwork struct {
	topology.Booked
	link string // inside
}

// pluginLink finds the link of the host to which a CNI plugin has connected containers: a bridge, a link that is shared, or the
// host's end of the cable. Plugins do not say, but the kernel does.
func pluginLink(places []topology.Place, booked []onNetwork) (string, error) {
	for _, b := range booked {
		at := slices.IndexFunc(places, func(p topology.Place) bool { return p.Name == b.Place })
		if at < 0 {
			continue
		}
		inside, err := links.Find(places[at].Netns, b.link)
		if err != nil {
			return "", err
		}
		if inside.Type != "veth" {
			return parentName(inside)
		}
		end, err := links.Peer(places[at].Netns, b.link)
		if err != nil {
			return "", err
		}
		return cmp.Or(end.Link.Master, end.Link.Name), nil
	}
	return "", errors.New("draw a network of CNI plugins: no container runs on it, and only its link leads to those of the host")
}

func parentName(l links.Link) (string, error) {
	all, err := links.List("")
	for _, parent := range all {
		if parent.Index == l.Parent {
			return parent.Name, nil
		}
	}
	return "", errors.Join(err, fmt.Errorf("find the link of the host that %s shares: there is none with the index %d", l.Name, l.Parent))
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
func (e *Engine) booked(n network.Network) ([]onNetwork, error) {
	ids, err := e.ids()
	if err != nil {
		return nil, err
	}
	var list []onNetwork
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
			if len(end.Addresses) == 0 {
				list = append(list, onNetwork{topology.Booked{Place: r.Name}, end.Link})
			}
			for _, a := range end.Addresses {
				list = append(list, onNetwork{topology.Booked{Place: r.Name, Address: a}, end.Link})
			}
		}
	}
	return list, nil
}
