// This file changes the limits of a container.
package container

import (
	"encoding/json"
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
	if err := plan.Refusal(plan.WithResources(c.Plan, r), c.Host); err != nil {
		return fmt.Errorf("update container %q: %w", c.Plan.ID, err)
	}
	if err := c.fits(r.Memory); err != nil {
		return fmt.Errorf("update container %q: %w", c.Plan.ID, err)
	}
	run := explain.Runner{}
	if err := run.Run(plan.Update(c.Plan, c.Host.Cgroups, r)...); err != nil {
		return fmt.Errorf("update container %q: %w", c.Plan.ID, errors.Join(err, c.restoreLimits(r)))
	}
	all, err := merged(c.Plan.Spec.Linux.Resources, r)
	if err != nil {
		return fmt.Errorf("update container %q: %w", c.Plan.ID, err)
	}
	c.Plan.Spec.Linux.Resources = all
	return c.save()
}

// fits refuses a limit below what is in use, where that is asked for: v1's kernel does so by itself, v2's would kill for it.
// OCI config-linux, "checkBeforeUpdate".
func (c *Container) fits(m *specs.LinuxMemory) error {
	if m == nil || m.CheckBeforeUpdate == nil || !*m.CheckBeforeUpdate || m.Limit == nil || *m.Limit <= 0 {
		return nil
	}
	s, err := c.Stats()
	if err == nil && s.Memory.Usage.Usage > uint64(*m.Limit) {
		err = fmt.Errorf("memory.limit %d: it uses %d bytes, and checkBeforeUpdate is set: choose more", *m.Limit, s.Memory.Usage.Usage)
	}
	return err
}

// restoreLimits writes what is on record. For what was never limited there is no number to write: it keeps the new limit.
func (c *Container) restoreLimits(tried *specs.LinuxResources) error {
	if c.Plan.Spec.Linux.Resources == nil {
		return nil
	}
	run := explain.Runner{}
	return run.Run(plan.Update(plan.WithResources(c.Plan, tried), c.Host.Cgroups, c.Plan.Spec.Linux.Resources)...)
}

// merged is old with what r sets: read from JSON, an object changes the fields that it names and leaves the others.
func merged(old, r *specs.LinuxResources) (*specs.LinuxResources, error) {
	all := &specs.LinuxResources{}
	for _, part := range []*specs.LinuxResources{old, r} {
		data, err := json.Marshal(part)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}
