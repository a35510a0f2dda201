// This file tells the stage what to do, up to its execve, and writes down meanwhile what is made.
package container

import (
	"fmt"
	"slices"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/runtime/plan"
	"glassbox/runtime/stage"
)

// moveIn lets the stage do all that comes before the program. The state is written while it is busy, and is on disk before it may go
// on: whatever happens afterwards can be found again. Where the runtime has hooks to run, it waits for them before pivot_root.
func (m *maker) moveIn() error {
	if h := m.c.Plan.Spec.Hooks; h != nil && len(h.CreateContainer)+len(h.StartContainer) > 0 {
		var err error
		if m.c.Host.Stage, err = pidInside(m.child.PID); err != nil {
			return err
		}
	}
	furnish := m.described(plan.Furnish(m.c.Plan, m.c.Host))
	rest := m.described(slices.Concat(plan.MoveIn(m.c.Plan, m.c.Host), plan.Confine(m.c.Plan, m.c.Host)))
	find := kernel.Find{Paths: candidates(m.c.Plan.Spec.Process)}
	if len(plan.RuntimeHooks(m.c.Plan, 0)) == 0 {
		finish := m.stage.begin(append(furnish, rest...), find)
		return m.notFound(first(m.record(), finish()))
	}
	finish := m.stage.begin(furnish)
	if err := first(m.record(), finish()); err != nil {
		return err
	}
	if err := m.runtimeHooks(); err != nil {
		return err
	}
	return m.notFound(m.stage.begin(rest, find)())
}

// notFound says why there is no program, if that is what has failed: all else has been said of its step.
func (m *maker) notFound(err error) error {
	if failed, ok := err.(*kernel.DeputyError); ok {
		return notFound(failed, m.c.Plan.Spec.Process.Args[0])
	}
	return err
}

// letGo lets the program run, or wait for Start.
func (m *maker) letGo(wait bool) error {
	if err := m.run.Run(plan.LateLimits(m.c.Plan, m.c.Host)...); err != nil {
		return err
	}
	p := *m.c.Plan.Spec.Process
	p.Env = stage.WithHome(p.Env, p.User.UID, fmt.Sprintf("/proc/%d/root", m.child.PID))
	b := born{Program: candidates(&p)[m.stage.Found], Env: p.Env}
	started := m.child.Link
	if wait {
		started = m.stage.Next()
	}
	last := m.described(lastSteps(m.c.Plan, m.c.Host, b, 3+len(m.Preserve), started))
	b.Took = slices.Concat(m.run.Took, m.stage.run.Took)
	if wait {
		return first(b.keep(m.dir()), m.stage.Tell(append([]kernel.Foretold{m.awaitStart()}, foretold(last)...)...))
	}
	finish := m.stage.begin(last)
	if err := first(b.keep(m.dir()), notRun(finish())); err != nil {
		return err
	}
	return m.run.Run(plan.AfterStart(m.c.Plan, m.child.PID)...)
}

// first is the first of two failures, where the second may have come of it.
func first(err, then error) error {
	if err != nil {
		return err
	}
	return then
}

func (m *maker) awaitStart() kernel.AwaitStart {
	return kernel.AwaitStart{Proc: m.places.proc, Fifo: m.places.fifo}
}

// lastSteps are what is left to be done at the start.
func lastSteps(c plan.Container, h plan.Host, b born, closed, started int) []explain.Step {
	c = b.told(c)
	return append(plan.StartHooks(c, h), plan.Last(c, c.Spec.Process, b.Program, uint(closed), started)...)
}

func (m *maker) described(steps []explain.Step) []explain.Step {
	return plan.WithDescriptors(steps, m.places.console, m.places.self, m.places.tree)
}
