// This file freezes a container and thaws it.
package container

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/runtime/plan"
)

// Pause freezes every process of the container. It returns when none of them runs any more.
func (c *Container) Pause() error {
	if status := c.Status(); status != specs.StateRunning && status != specs.StateCreated {
		return fmt.Errorf("pause container %q: it is %s: %w", c.Plan.ID, status, ErrNotRunning)
	}
	return c.freeze(true)
}

// Resume thaws what Pause has frozen.
func (c *Container) Resume() error {
	if !c.frozen() {
		return fmt.Errorf("resume container %q: it is %s, not paused", c.Plan.ID, c.Status())
	}
	return c.freeze(false)
}

func (c *Container) freeze(frozen bool) error {
	if len(c.Cgroups) == 0 || slices.Contains(c.Host.Undelegated, "freezer") {
		return fmt.Errorf("pause container %q: it has no cgroup to freeze: its user may not make one, see the warning of its start", c.Plan.ID)
	}
	if !c.Host.Cgroups.Has("freezer") {
		return fmt.Errorf("pause container %q: this machine has no freezer: its cgroups lack the controller", c.Plan.ID)
	}
	run := explain.Runner{}
	if err := run.Run(plan.Freeze(c.Plan, c.Host.Cgroups, frozen)...); err != nil {
		return fmt.Errorf("container %q: %w", c.Plan.ID, err)
	}
	if err := c.awaitFreezer(frozen); err != nil {
		// Half frozen is worse than not at all.
		return fmt.Errorf("container %q: %w", c.Plan.ID, errors.Join(err, run.Run(plan.Freeze(c.Plan, c.Host.Cgroups, false)...)))
	}
	return nil
}

// awaitFreezer waits until the kernel has stopped the last process. In v1 one that is just being born can hold it up: writing
// FROZEN once more helps. Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst.
func (c *Container) awaitFreezer(frozen bool) error {
	const patience = 2 * time.Second
	for waited := time.Duration(0); waited < patience; waited += time.Millisecond {
		done, err := c.freezerIs(frozen)
		if err != nil || done {
			return err
		}
		time.Sleep(time.Millisecond)
		if err := (&explain.Runner{}).Run(plan.Freeze(c.Plan, c.Host.Cgroups, frozen)...); err != nil {
			return err
		}
	}
	return errors.New("the freezer did not come to an end: a process is stuck in the kernel")
}

func (c *Container) freezerIs(frozen bool) (bool, error) {
	dir := c.Host.Cgroups.Dir("freezer", c.Plan.CgroupPath())
	if _, version := c.Host.Cgroups.Where("freezer"); version == 1 {
		data, err := os.ReadFile(path.Join(dir, "freezer.state"))
		return strings.TrimSpace(string(data)) == map[bool]string{true: "FROZEN", false: "THAWED"}[frozen], err
	}
	data, err := os.ReadFile(path.Join(dir, "cgroup.events"))
	return strings.Contains(string(data), map[bool]string{true: "frozen 1", false: "frozen 0"}[frozen]), err
}
