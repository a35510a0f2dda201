// This file connects a container: the books first (ports, leases of addresses), then the sandbox whose plan package network makes.
package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/kernel/quickjson"
	"glassbox/network"
)

// connection is a container's network, and what has to be built for it first.
type connection struct {
	network.Sandbox
	build  []explain.Step // what its networks share, and lack
	names  []explain.Step // the entries in the books of names
	unlock func()         // lets others change networks; to be called when build is done, or given up

	published func() // lets others claim its ports; to be called when they are published, or given up
}

// connection describes the container's place in its networks and leases its addresses. It changes nothing else, and with lease
// false nothing at all: the addresses are then examples.
func (e *Engine) connection(n *newborn, lease bool) (connection, error) {
	c := connection{Sandbox: network.Sandbox{ID: n.ID, Netns: e.netns(n.ID)}, unlock: func() {}, published: func() {}}
	var err error
	if c.Mode, err = networkMode(n.Request); err == nil && c.Mode == network.ModeContainer {
		err = e.joinSandbox(&c.Sandbox, n.Request)
	}
	if err != nil || c.Mode != network.ModeBridge {
		return c, err
	}
	if c.Ports, c.published, err = e.claimPorts(wantedPorts(n)); err != nil {
		return c, err
	}
	if lease {
		// The first lease makes its directory, and those above it, for root alone; this one has to let containers pass.
		if err = os.MkdirAll(e.State, 0o711); err == nil {
			c.unlock, err = e.lockNetworks()
		}
		if err != nil {
			return c, err
		}
	}
	for i, a := range n.Request.Network.attachments() {
		if err = e.attach(&c, ownNames(n.ID, n.Name, n.Request), a, i, lease); err != nil {
			break
		}
	}
	if err == nil {
		err = c.Publish()
	}
	if err != nil {
		err = errors.Join(err, e.releaseAddresses(c.Sandbox))
	}
	if err != nil || len(c.build) == 0 {
		c.unlock()
	}
	return c, err
}

// attach adds one endpoint to the connection.
func (e *Engine) attach(c *connection, own []string, a Attachment, number int, lease bool) error {
	n, host, err := e.findNetwork(a.Network)
	if err != nil {
		return err
	}
	end := network.Endpoint{Network: n, Aliases: a.Aliases, MAC: a.MAC}.Place(c.ID, number)
	end.Result = e.live(c.ID, "cni-"+end.Link+".json")
	if end.Addresses, err = e.addresses(n, c.ID, a, lease); err != nil {
		return err
	}
	if end.MAC == "" && len(end.Addresses) > 0 {
		end.MAC = network.MACOf(end.Addresses[0])
	}
	served := slices.ContainsFunc(c.Endpoints, func(other network.Endpoint) bool { return !other.Network.Default() })
	c.Endpoints = append(c.Endpoints, end)
	c.build = append(c.build, network.BuildPlan(n, host, e.note())...)
	if !n.Default() && !served {
		c.names = append(c.names, network.RedirectPlan(c.Netns, c.ID, wire.NameServer))
	}
	if !n.Default() && len(end.Addresses) > 0 {
		c.names = append(c.names, network.NamesPlan(e.State, n.ID, c.ID, namesOf(own, end)))
	}
	return nil
}

// claimPorts claims ports that no running container has by way of CNI plugins: their rules are where we do not look.
func (e *Engine) claimPorts(ports []network.Port) (claimed []network.Port, release func(), err error) {
	if len(ports) == 0 {
		return nil, func() {}, nil
	}
	list, err := e.book().List()
	if err != nil {
		return nil, func() {}, err
	}
	var mapped []network.Port
	for _, n := range list {
		if n.Driver != network.DriverCNI {
			continue
		}
		members, err := e.members(n.ID)
		if err != nil {
			return nil, func() {}, err
		}
		for _, m := range members {
			mapped = append(mapped, m.Mapped...)
		}
	}
	return network.ClaimPorts(ports, mapped)
}

// ownNames are those by which a container is found on every network, the one that answers reverse questions first.
func ownNames(id, name string, r Request) []string {
	own := []string{name, ShortID(id)}
	if r.Hostname != "" {
		own = append(own, r.Hostname)
	}
	return own
}

func namesOf(own []string, end network.Endpoint) network.Names {
	return network.Names{Network: end.Network.Name, Addresses: end.Addresses, Names: slices.Concat(own, end.Aliases)}
}

// addresses leases one of each subnet.
func (e *Engine) addresses(n network.Network, id string, a Attachment, lease bool) ([]netip.Addr, error) {
	if err := answerable(n, a); err != nil {
		return nil, err
	}
	var all []netip.Addr
	for _, s := range n.Subnets {
		pool, wish := network.Pool{Dir: e.leases(n.ID), Subnet: s}, a.IP
		if s.Prefix.Addr().Is6() {
			wish = a.IP6
		}
		address, err := leaseOne(pool, id, wish, lease)
		if err != nil {
			for _, got := range all {
				err = errors.Join(err, network.Release(pool.Dir, got, id))
			}
			return nil, err
		}
		all = append(all, address)
	}
	return all, nil
}

// answerable refuses a wish for an address of a generation that the network does not have.
func answerable(n network.Network, a Attachment) error {
	_, v4 := n.V4()
	_, v6 := n.V6()
	switch {
	case a.IP != "" && !v4:
		return fmt.Errorf("address %s: no configured subnet contains it: the network %s has no IPv4 addresses", a.IP, n.Name)
	case a.IP6 != "" && !v6:
		return fmt.Errorf("address %s: no configured subnet contains it: the network %s has no IPv6 addresses: make one with 'glassbox network create --ipv6'", a.IP6, n.Name)
	}
	return nil
}

func leaseOne(p network.Pool, id, wish string, lease bool) (netip.Addr, error) {
	switch {
	case wish != "":
		a, err := netip.ParseAddr(wish)
		if err != nil {
			return a, fmt.Errorf("address %q: want one such as %s: %w", wish, p.Gateway.Next(), err)
		}
		if lease {
			err = p.Take(a, id)
		}
		return a, err
	case lease:
		return p.Allocate(id)
	}
	return p.Gateway.Next(), nil
}

// leases is where the leases of one network lie.
func (e *Engine) leases(id string) string { return filepath.Join(e.State, "leases", id) }

// wantedPorts are those of -p, and with -P all that the image and --expose name.
func wantedPorts(n *newborn) []network.Port {
	ports := publishedPorts(n.Request)
	if !n.Request.Network.PublishAll {
		return ports
	}
	given := map[string]bool{}
	for _, p := range ports {
		given[fmt.Sprintf("%d/%s", p.Port, p.Proto)] = true
	}
	for _, p := range exposedPorts(n.Request, n.image.Config.Config.ExposedPorts) {
		if !given[fmt.Sprintf("%d/%s", p.Port, p.Proto)] {
			ports = append(ports, p)
		}
	}
	return ports
}

func publishedPorts(r Request) []network.Port {
	var ports []network.Port
	for _, p := range r.Network.Ports {
		proto := p.Protocol
		if proto == "" {
			proto = "tcp"
		}
		ports = append(ports, network.Port{Proto: proto, HostIP: p.HostIP, HostPort: p.Host, Last: p.HostLast, Port: p.Container})
	}
	return ports
}

// keepSandbox notes what was leased, for inspect and for release.
func (e *Engine) keepSandbox(s network.Sandbox) error {
	return writeJSON(e.live(s.ID, sandboxFile), s)
}

// readSandbox returns the zero Sandbox for a container that does not run.
func (e *Engine) readSandbox(id string) (network.Sandbox, error) {
	var s network.Sandbox
	data, err := os.ReadFile(e.live(id, sandboxFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		err = quickjson.Unmarshal(data, &s)
	}
	if err != nil {
		return s, fmt.Errorf("read the network of %s: %w", ShortID(id), err)
	}
	return s, nil
}

// releaseAddresses gives the leases back.
func (e *Engine) releaseAddresses(s network.Sandbox) error {
	var errs []error
	for _, end := range s.Endpoints {
		for _, a := range end.Addresses {
			errs = append(errs, network.Release(e.leases(end.Network.ID), a, s.ID))
		}
	}
	return errors.Join(errs...)
}
