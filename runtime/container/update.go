// This file changes the limits of a container.
package container

import (
	"errors"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/runtime/plan"
)

// Update sets the limits that r names; the others stay as they are. When one is refused, those on record are written again.
func (c *Container) Update(r *specs.LinuxResources) error {
	if c.Status() == specs.StateStopped {
		return fmt.Errorf("update container %q: %w", c.Plan.ID, ErrNotRunning)
	}
	run := explain.Runner{}
	if err := run.Run(plan.Update(c.Plan, c.Host.Cgroups, r)...); err != nil {
		return fmt.Errorf("update container %q: %w", c.Plan.ID, errors.Join(err, c.restoreLimits(r)))
	}
	c.Plan.Spec.Linux.Resources = merged(c.Plan.Spec.Linux.Resources, r)
	return c.save()
}

// restoreLimits writes what is on record. For what was never limited there is no number to write: it keeps the new limit.
func (c *Container) restoreLimits(tried *specs.LinuxResources) error {
	before := c.Plan.Spec.Linux.Resources
	if before == nil {
		return nil
	}
	was := c.Plan
	spec, linux := *was.Spec, *was.Spec.Linux
	linux.Resources, spec.Linux = merged(before, tried), &linux
	was.Spec = &spec
	run := explain.Runner{}
	return run.Run(plan.Update(was, c.Host.Cgroups, before)...)
}

// merged is old with what r sets.
func merged(old, r *specs.LinuxResources) *specs.LinuxResources {
	if old == nil {
		return r
	}
	all := *old
	if r.Memory != nil {
		all.Memory = mergedMemory(old.Memory, r.Memory)
	}
	if r.CPU != nil {
		all.CPU = mergedCPU(old.CPU, r.CPU)
	}
	if r.Pids != nil {
		all.Pids = r.Pids
	}
	if r.BlockIO != nil {
		all.BlockIO = r.BlockIO
	}
	if r.HugepageLimits != nil {
		all.HugepageLimits = r.HugepageLimits
	}
	if r.Unified != nil {
		all.Unified = r.Unified
	}
	return &all
}

func mergedMemory(old, r *specs.LinuxMemory) *specs.LinuxMemory {
	if old == nil {
		return r
	}
	all := *old
	replace(&all.Limit, r.Limit)
	replace(&all.Reservation, r.Reservation)
	replace(&all.Swap, r.Swap)
	return &all
}

func mergedCPU(old, r *specs.LinuxCPU) *specs.LinuxCPU {
	if old == nil {
		return r
	}
	all := *old
	replace(&all.Shares, r.Shares)
	replace(&all.Quota, r.Quota)
	replace(&all.Period, r.Period)
	if r.Cpus != "" {
		all.Cpus = r.Cpus
	}
	if r.Mems != "" {
		all.Mems = r.Mems
	}
	return &all
}

// replace keeps the old value where the new one says nothing: nil, or 0, which is no limit that one can set.
func replace[N int64 | uint64](field **N, with *N) {
	if with != nil && *with != 0 {
		*field = with
	}
}
