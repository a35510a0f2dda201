// This file changes the limits and the restart policy of a container, also while it runs.
package engine

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/engine/shim/wire"
	"glassbox/runtime/container"
)

// UpdateRequest says what to change. What is zero or nil stays.
type UpdateRequest struct {
	Limits  Limits
	Restart *wire.Restart
}

// Update changes a container's limits and restart policy.
func (e *Engine) Update(ctx context.Context, ref string, u UpdateRequest) error {
	found, err := e.find(ref)
	if err != nil {
		return err
	}
	r, unlock, err := e.lockContainer(found.ID)
	if err != nil {
		return err
	}
	defer unlock()
	if u.Restart != nil && r.Request.AutoRemove && restarts(*u.Restart) {
		return errors.New("restart policy cannot be updated because AutoRemove is enabled for the container")
	}
	if u.Limits, err = e.honoured(u.Limits, r.Request.CgroupParent); err != nil {
		return err
	}
	if r.Request.Limits, err = updated(r.Request.Limits, u.Limits); err != nil {
		return fmt.Errorf("cannot update container %s: %w", r.Name, err)
	}
	limits, err := resourceSpec(r.Request, Place{Processors: runtime.NumCPU()})
	if err != nil {
		return err
	}
	limits.Devices = nil // they stay
	if err := e.limit(r, limits); err != nil {
		return fmt.Errorf("cannot update container %s: %w", r.Name, err)
	}
	if u.Restart != nil {
		r.Request.Upkeep.Restart = *u.Restart
	}
	return errors.Join(e.writeRecord(r), e.alter(r, wire.Change{Restart: u.Restart}), e.emitContainer(r, "update", nil))
}

// updated checks what Docker checks: memory and swap together are one limit, so that memory may not outgrow it alone.
func updated(old, change Limits) (Limits, error) {
	l := old
	swap := old.MemorySwap
	if swap == 0 {
		swap = 2 * old.Memory // as the container was given it
	}
	l.NanoCPUs, l.CPUShares = orElse(change.NanoCPUs, old.NanoCPUs), orElse(change.CPUShares, old.CPUShares)
	l.CPUSet, l.MemoryNode = orElse(change.CPUSet, old.CPUSet), orElse(change.MemoryNode, old.MemoryNode)
	l.CPUPeriod, l.CPUQuota = orElse(change.CPUPeriod, old.CPUPeriod), orElse(change.CPUQuota, old.CPUQuota)
	l.RealTime, l.Disk.Weight = orElse(change.RealTime, old.RealTime), orElse(change.Disk.Weight, old.Disk.Weight)
	l.Pids, l.MemoryReservation = orElse(change.Pids, old.Pids), orElse(change.MemoryReservation, old.MemoryReservation)
	l.Memory, l.MemorySwap = orElse(change.Memory, old.Memory), orElse(change.MemorySwap, swap)
	if change.Memory != 0 && change.MemorySwap == 0 && swap > 0 && change.Memory > swap {
		return old, errors.New("memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time")
	}
	return l, nil
}

// limit writes the limits of a container that runs, and into the spec from which it is started again.
func (e *Engine) limit(r *Record, limits *specs.LinuxResources) error {
	status, err := e.status(r.ID)
	if err != nil || !exists(e.dir(r.ID, configFile)) {
		return err // never started: the record is enough
	}
	if status.State == wire.Running {
		c, err := container.Load(e.runtimeRoot(), r.ID)
		if err != nil {
			return err
		}
		if err := c.Update(limits); err != nil {
			return err
		}
	}
	spec := &specs.Spec{}
	if err := e.readSpec(r.ID, spec); err != nil {
		return err
	}
	if spec.Linux.Resources != nil {
		limits.Devices = spec.Linux.Resources.Devices
	}
	spec.Linux.Resources = limits
	return writeJSON(e.dir(r.ID, configFile), spec)
}
