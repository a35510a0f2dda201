// This file makes and removes networks. The book comes first when one is made and last when one is removed: so a network that is
// half built is in the book, and the next container on it, or its removal, completes the work.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/nft"
	"glassbox/network"
)

// CreateNetwork makes a network and returns its id.
func (e *Engine) CreateNetwork(ctx context.Context, r NetworkRequest, l explain.Listener) (string, error) {
	unlock, err := e.lockNetworks()
	if err != nil {
		return "", err
	}
	defer unlock()
	n, plan, err := e.networkPlan(r)
	if err != nil {
		return "", err
	}
	runner := &explain.Runner{Listener: explain.All(l, quitWith(ctx))}
	if err := runner.Run(plan...); err != nil {
		return "", errors.Join(interrupted(ctx, err), e.demolish(n, nil), runner.Rollback())
	}
	return n.ID, e.emitNetwork("create", n, "")
}

// PlanNetwork returns the steps that would make a network.
func (e *Engine) PlanNetwork(r NetworkRequest) ([]explain.Step, error) {
	_, plan, err := e.networkPlan(r)
	return plan, err
}

func (e *Engine) networkPlan(r NetworkRequest) (network.Network, []explain.Step, error) {
	taken, err := e.book().List()
	if err != nil {
		return network.Network{}, nil, err
	}
	routes, err := network.Routes()
	if err != nil {
		return network.Network{}, nil, err
	}
	n, err := network.New(network.Network{
		Name: r.Name, Driver: r.Driver, Created: time.Now().UTC(), Internal: r.Internal, IPv6: r.IPv6, Attachable: r.Attachable,
		Options: r.Options, Labels: r.Labels,
	}, network.Wanted{Subnets: r.Subnets, Gateways: r.Gateways, Ranges: r.Ranges, Aux: r.Aux}, taken, routes)
	if err != nil {
		return n, nil, err
	}
	host, err := network.Look(n)
	if err == nil {
		n, err = network.Fit(n, host)
	}
	if err == nil {
		err = network.Supported(n, host)
	}
	if err != nil {
		return n, nil, err
	}
	entry, err := e.book().Entry(n)
	if err != nil {
		return n, nil, err
	}
	return n, append([]explain.Step{explain.Say("Enter the network in the book",
		"commands find it there by its name; what it is made of can be made again from its entry", "08",
		kernel.EnsureDir{Path: e.book().Dir, Mode: 0o700}, entry).Kept("nobody would find the network")},
		network.BuildPlan(n, host, e.note())...), nil
}

// demolish takes back what was built of a network on the host.
func (e *Engine) demolish(n network.Network, l explain.Listener) error {
	gates, err := nft.Gates("") // none has rules for a link of no name
	if err != nil {
		return err
	}
	runner := &explain.Runner{Listener: explain.All(l)}
	return runner.Run(network.RemovePlan(n, gates)...)
}

// RemoveNetwork removes a network that no running container is on.
func (e *Engine) RemoveNetwork(_ context.Context, ref string, l explain.Listener) error {
	unlock, err := e.lockNetworks()
	if err != nil {
		return err
	}
	defer unlock()
	n, err := e.book().Find(ref)
	if err != nil {
		return err
	}
	if n.Predefined() {
		return fmt.Errorf("%s is a pre-defined network and cannot be removed", n.Name)
	}
	members, err := e.members(n.ID)
	if err != nil {
		return err
	}
	if len(members) > 0 {
		return fmt.Errorf("error while removing network: network %s has active endpoints (%s): stop them or take them off with 'glassbox network disconnect'", n.Name, listNames(members))
	}
	if err := e.demolish(n, l); err != nil {
		return err
	}
	for _, dir := range []string{e.leases(n.ID), network.NamesDir(e.State, n.ID)} {
		if err := os.RemoveAll(dir); err != nil {
			return fmt.Errorf("remove the books of network %s: %w", n.Name, err)
		}
	}
	return errors.Join(e.book().Remove(n).Do(), e.emitNetwork("destroy", n, ""))
}

// PruneNetworks removes the networks that users made and no container is on, running or not, and returns their names.
func (e *Engine) PruneNetworks(ctx context.Context, pass func(network.Network) bool) ([]string, error) {
	list, err := e.book().List()
	if err != nil {
		return nil, err
	}
	wanted, err := e.UsedNetworks()
	if err != nil {
		return nil, err
	}
	var removed []string
	var errs []error
	for _, n := range list {
		if n.Predefined() || !pass(n) || slices.Contains(wanted, n.ID) {
			continue
		}
		if err := e.RemoveNetwork(ctx, n.ID, nil); err != nil {
			errs = append(errs, err)
			continue
		}
		removed = append(removed, n.Name)
	}
	return removed, errors.Join(errs...)
}

// UsedNetworks lists the ids of networks that some container is on or will be on when it starts.
func (e *Engine) UsedNetworks() ([]string, error) {
	ids, err := e.ids()
	if err != nil {
		return nil, err
	}
	var wanted []string
	for _, id := range ids {
		r, err := e.readRecord(id)
		if errors.As(err, new(*NotFound)) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, a := range r.Request.Network.attachments() {
			if n, err := e.book().Find(a.Network); err == nil {
				wanted = append(wanted, n.ID)
			}
		}
	}
	return wanted, nil
}
