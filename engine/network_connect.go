// This file connects containers with networks, and takes them off, while they run or when they do not. A container that does not
// run has only its record changed; for one that runs, the plan of the endpoint is carried out in its network namespace, and its
// inverses go into the container's journal, as those of its start did.
package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/network"
)

// ConnectNetwork puts a container on one more network.
func (e *Engine) ConnectNetwork(ctx context.Context, a Attachment, ref string, l explain.Listener) error {
	n, r, unlock, err := e.bothFound(a.Network, ref)
	if err != nil {
		return err
	}
	defer unlock()
	if err := suits(a, n); err != nil {
		return err
	}
	have := r.Request.Network.attachments()
	if i, err := e.onNetwork(have, n); i >= 0 || err != nil {
		return errors.Join(err, fmt.Errorf("endpoint with name %s already exists in network %s", r.Name, n.Name))
	}
	a.Network = n.Name
	status, err := e.status(r.ID)
	if err != nil {
		return err
	}
	if status.State == wire.Running {
		// Who was killed while connecting it has left a part: it is pulled out first.
		if err := errors.Join(e.pullOut(ctx, r, n, nil), e.plugIn(ctx, r, a, l)); err != nil {
			return err
		}
		if err := e.emitNetwork("connect", n, r.ID); err != nil {
			return err
		}
	}
	r.Request.Network.Attachments, r.Request.Network.Detached = append(slices.Clone(have), a), false
	return e.keepNetworks(r)
}

// bothFound finds a network and a container, which stays locked, and makes sure that the one can be on the other.
func (e *Engine) bothFound(name, ref string) (network.Network, *Record, func(), error) {
	n, err := e.book().Find(name)
	if err != nil {
		return n, nil, nil, err
	}
	found, err := e.find(ref)
	if err != nil {
		return n, nil, nil, err
	}
	r, unlock, err := e.lockContainer(found.ID)
	if err != nil {
		return n, nil, nil, err
	}
	if err := joinable(r, n); err != nil {
		unlock()
		return n, nil, nil, err
	}
	return n, r, unlock, nil
}

func joinable(r *Record, n network.Network) error {
	mode, err := networkMode(r.Request)
	switch {
	case err != nil:
		return err
	case mode == network.ModeHost || n.Driver == network.DriverHost:
		return errors.New("container cannot be disconnected from host network or connected to host network: a namespace is chosen when a container starts")
	case n.Driver == network.DriverNull:
		return errors.New("container cannot be connected to network none: it is for containers that have no network: 'glassbox network disconnect' takes one off its networks")
	case mode != network.ModeBridge:
		return fmt.Errorf("container %s has the network mode %s, and can be on no other network: make it again with --network", r.Name, r.Request.Network.Mode)
	}
	return nil
}

// onNetwork finds a network among attachments, which may say its name or its id; -1: not there.
func (e *Engine) onNetwork(list []Attachment, n network.Network) (int, error) {
	for i, a := range list {
		have, err := e.book().Find(a.Network)
		if errors.As(err, new(*network.NotFound)) {
			continue
		}
		if err != nil {
			return -1, err
		}
		if have.ID == n.ID {
			return i, nil
		}
	}
	return -1, nil
}

func (e *Engine) keepNetworks(r *Record) error {
	r.Request.Network.Mode = ""
	if list := r.Request.Network.Attachments; len(list) > 0 {
		r.Request.Network.Mode = list[0].Network
	}
	return e.writeRecord(r)
}

// enterNames enters a running container's name anew in the books of its networks.
func (e *Engine) enterNames(r *Record) error {
	sandbox, err := e.readSandbox(r.ID)
	if err != nil {
		return err
	}
	var plan []explain.Step
	for _, end := range sandbox.Endpoints {
		if !end.Network.Default() && len(end.Addresses) > 0 {
			plan = append(plan, network.NamesPlan(e.State, end.Network.ID, r.ID, namesOf(ownNames(r.ID, r.Name, r.Request), end)))
		}
	}
	return (&explain.Runner{}).Run(plan...)
}

// plugIn connects a container that runs.
func (e *Engine) plugIn(ctx context.Context, r *Record, a Attachment, l explain.Listener) error {
	unlock, err := e.lockNetworks()
	if err != nil {
		return err
	}
	defer unlock()
	sandbox, err := e.readSandbox(r.ID)
	if err != nil {
		return err
	}
	conn := connection{Sandbox: sandbox}
	conn.Endpoints = slices.Clone(sandbox.Endpoints)
	if err := e.attach(&conn, ownNames(r.ID, r.Name, r.Request), a, freeNumber(sandbox), true); err != nil {
		return err
	}
	last := len(conn.Endpoints) - 1
	added := network.Sandbox{ID: r.ID, Endpoints: conn.Endpoints[last:]}
	plan := slices.Concat(conn.build, network.EndpointPlan(conn.Sandbox, last), conn.names)
	return e.change(ctx, r.Request, conn.Sandbox, plan, l, func() error { return e.releaseAddresses(added) })
}

// freeNumber is the first for which the container has no link.
func freeNumber(s network.Sandbox) int {
	for number := 0; ; number++ {
		link := fmt.Sprintf("eth%d", number)
		if !slices.ContainsFunc(s.Endpoints, func(end network.Endpoint) bool { return end.Link == link }) {
			return number
		}
	}
}

// change carries a plan out for a container that runs and notes how it is connected then. The note comes first, so that whoever
// cleans up after a crash gives back every lease.
func (e *Engine) change(ctx context.Context, r Request, s network.Sandbox, plan []explain.Step, l explain.Listener, giveUp func() error) error {
	before, err := e.readSandbox(s.ID)
	if err != nil {
		return err
	}
	if err := e.keepSandbox(s); err != nil {
		return errors.Join(err, giveUp())
	}
	journal, err := kernel.CreateJournal(e.live(s.ID, journalFile))
	if err != nil {
		return errors.Join(err, e.keepSandbox(before), giveUp())
	}
	defer journal.Close()
	runner := &explain.Runner{Listener: explain.All(l, quitWith(ctx)), Journal: journal}
	if err := runner.Run(plan...); err != nil {
		return errors.Join(interrupted(ctx, err), runner.Rollback(), e.keepSandbox(before), giveUp())
	}
	etc, err := e.etc(r, s)
	if err != nil {
		return err
	}
	// The files are there already, so this is nothing to take back: hosts gets the new address, resolv.conf the new name server.
	if err := (&explain.Runner{Listener: explain.All(l)}).Run(e.etcPlan(s.ID, etc)...); err != nil {
		return err
	}
	return e.ask(s.ID, wire.Names, nil)
}

// DisconnectNetwork takes a container off a network.
func (e *Engine) DisconnectNetwork(ctx context.Context, name, ref string, l explain.Listener) error {
	n, r, unlock, err := e.bothFound(name, ref)
	if err != nil {
		return err
	}
	defer unlock()
	have := r.Request.Network.attachments()
	i, err := e.onNetwork(have, n)
	if err != nil {
		return err
	}
	if i < 0 {
		return fmt.Errorf("container %s is not connected to network %s", r.Name, n.Name)
	}
	if err := errors.Join(e.pullOut(ctx, r, n, l), e.emitNetwork("disconnect", n, r.ID)); err != nil {
		return err
	}
	list := slices.Delete(slices.Clone(have), i, i+1)
	r.Request.Network.Attachments, r.Request.Network.Detached = list, len(list) == 0
	return e.keepNetworks(r)
}

// pullOut disconnects a container that runs; one that does not has nothing to pull out.
func (e *Engine) pullOut(ctx context.Context, r *Record, n network.Network, l explain.Listener) error {
	sandbox, err := e.readSandbox(r.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(sandbox.Endpoints, func(end network.Endpoint) bool { return end.Network.ID == n.ID })
	if i < 0 {
		return nil
	}
	unlock, err := e.lockNetworks()
	if err != nil {
		return err
	}
	defer unlock()
	gone := network.Sandbox{ID: r.ID, Endpoints: sandbox.Endpoints[i : i+1]}
	rest := sandbox
	rest.Endpoints = slices.Delete(slices.Clone(sandbox.Endpoints), i, i+1)
	plan := network.DetachPlan(sandbox, i)
	if err := e.change(ctx, r.Request, rest, plan, l, func() error { return nil }); err != nil {
		return err
	}
	return errors.Join(network.StrikeNames(e.State, n.ID, r.ID).Do(), e.releaseAddresses(gone))
}
