// This file lets a container use the network of another one, with --network container:NAME: no namespace is made, the runtime
// joins the other's by its file. Name, hosts and name servers go with the network, as they do in Docker.
package engine

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"glassbox/engine/shim/wire"
	"glassbox/network"
)

// joined replaces the name in --network container:NAME by the id, which stays the same, and takes over the other's host name.
func (e *Engine) joined(r Request) (Request, error) {
	owner, err := e.networkOwner(r)
	if err != nil {
		return r, err
	}
	if owner == nil {
		return namedAsHost(r)
	}
	conflict := ""
	switch {
	case r.Hostname != "" && r.Namespaces.UTS != ofHost:
		conflict = "hostname"
	case len(r.Network.DNS) > 0:
		conflict = "dns"
	case len(r.Network.Hosts) > 0:
		conflict = "custom host-to-IP mapping"
	}
	if conflict != "" {
		return r, fmt.Errorf("conflicting options: %s and the network mode: both containers share it, so give it to %s", conflict, owner.Name)
	}
	r.Network.Mode = string(network.ModeContainer) + ":" + owner.ID
	r.Hostname, r.Domainname = hostnameFor(owner.Request, Place{ID: owner.ID}), owner.Request.Domainname
	return r, nil
}

// namedAsHost gives a container on the host's network the host's name, unless it has one of its own.
func namedAsHost(r Request) (Request, error) {
	if r.Hostname != "" || r.Network.Mode != string(network.ModeHost) {
		return r, nil
	}
	var err error
	if r.Hostname, err = os.Hostname(); err != nil {
		return r, fmt.Errorf("name the container as the host: %w", err)
	}
	return r, nil
}

// networkOwner finds the container whose network is used, which may itself have been told to use a third one's. It returns nil
// for a container with a network of its own, or the host's.
func (e *Engine) networkOwner(r Request) (*Record, error) {
	var owner *Record
	for {
		mode, ref, err := network.ParseMode(r.Network.Mode)
		if err != nil || mode != network.ModeContainer {
			return owner, err
		}
		if owner, err = e.find(ref); err != nil {
			return nil, fmt.Errorf("--network container:%s: %w", ref, err)
		}
		r = owner.Request
	}
}

// joinPlace sets the parts of a place that belong to the owner of the network.
func (e *Engine) joinPlace(p *Place, owner *Record) error {
	mode, err := networkMode(owner.Request)
	if err != nil {
		return err
	}
	p.NetNS, p.JoinsNet, p.Etc = e.netns(owner.ID), true, e.live(owner.ID)
	if mode == network.ModeHost {
		p.NetNS = ""
	}
	return nil
}

// joinSandbox refuses a network that is not there: it comes and goes with the container that owns it.
func (e *Engine) joinSandbox(s *network.Sandbox, r Request) error {
	owner, err := e.networkOwner(r)
	if missing := (*NotFound)(nil); errors.As(err, &missing) {
		missing.Ref = ShortID(strings.TrimPrefix(r.Network.Mode, "container:"))
	}
	if err != nil {
		return err
	}
	status, err := e.status(owner.ID)
	if err != nil {
		return err
	}
	if status.State != wire.Running {
		return fmt.Errorf("cannot join network of a non running container: %s: glassbox start %s", owner.Name, owner.Name)
	}
	s.Netns = e.netns(owner.ID)
	return nil
}
