// This file tells the stage what to do, up to its execve, and writes down meanwhile what is made.
package container

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
	"glassbox/runtime/plan"
	"glassbox/runtime/stage"
)

// tellsPid: a hook inside is told the stage's pid there.
func tellsPid(h *specs.Hooks) bool {
	return h != nil && len(h.CreateContainer)+len(h.StartContainer) > 0
}

// begin is the errand that the stage can begin with, as soon as it is there.
func (m *maker) begin(c plan.Container, h plan.Host) *errand {
	return m.stage.prepare(m.described(plan.Begin(c, h))).begin()
}

// rest are the errands that come then, up to the program: two where the runtime has hooks to run before pivot_root.
func (m *maker) rest(c plan.Container, h plan.Host) []*errand {
	furnish := m.described(plan.Furnish(c, h))
	rest := m.described(slices.Concat(plan.MoveIn(c, h), plan.Confine(c, h)))
	find := kernel.Find{Paths: candidates(c.Spec.Process)}
	if len(plan.RuntimeHooks(c, 0)) == 0 {
		return []*errand{m.stage.prepare(append(furnish, rest...), find)}
	}
	return []*errand{m.stage.prepare(furnish), m.stage.prepare(rest, find)}
}

// moveIn lets the stage do them. The state is written while it is busy, and is on disk before it may go on: whatever happens
// afterwards can be found again.
func (m *maker) moveIn() (err error) {
	if tellsPid(m.c.Plan.Spec.Hooks) {
		pids, err := look.NSpid(m.child.PID)
		if err != nil {
			return err
		}
		m.c.Host.Stage = pids[len(pids)-1]
	}
	if m.errands == nil {
		c := &m.c.Plan
		if c.Filter, err = filter(c.Spec.Linux.Seccomp); err != nil {
			return err
		}
		m.errands = append([]*errand{m.begin(*c, m.c.Host)}, m.rest(*c, m.c.Host)...)
	}
	begin, furnish := m.errands[0], m.errands[1].begin()
	err = m.record()
	if m.Meanwhile != nil {
		m.Meanwhile()
	}
	if err = first(err, begin.finish()); err == nil {
		err = furnish.finish()
	}
	if err == nil && len(m.errands) > 2 {
		if err = m.runtimeHooks(); err == nil {
			err = m.errands[2].begin().finish()
		}
	}
	return m.notFound(err)
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
	if m.Allow != nil {
		if err := m.Allow(); err != nil {
			return err
		}
	}
	if err := m.run.Run(plan.LateLimits(m.c.Plan, m.c.Host)...); err != nil {
		return err
	}
	p := *m.c.Plan.Spec.Process
	p.Env = stage.WithHome(p.Env, p.User.UID, fmt.Sprintf("/proc/%d/root", m.child.PID))
	paths := candidates(&p) // of which the stage has named one; from inside any number may come
	b := born{Program: paths[max(0, min(m.stage.Found, len(paths)-1))], Env: p.Env}
	started := m.child.Link
	if wait {
		started = m.stage.Next()
	}
	last := m.described(lastSteps(m.c.Plan, m.c.Host, b, 3+len(m.Preserve), started))
	b.Took = slices.Concat(m.run.Took, m.stage.run.Took)
	if wait {
		return first(b.keep(m.dir()), m.stage.Tell(append([]kernel.Foretold{m.awaitStart()}, foretold(last)...)...))
	}
	errand := m.stage.prepare(last).begin()
	if err := first(b.keep(m.dir()), notRun(errand.finish())); err != nil {
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
	return kernel.AwaitStart{Proc: m.gets.proc, Fifo: m.gets.fifo}
}

// lastSteps are what is left to be done at the start.
func lastSteps(c plan.Container, h plan.Host, b born, closed, started int) []explain.Step {
	c = b.told(c)
	return append(plan.StartHooks(c, h), plan.Last(c, c.Spec.Process, b.Program, uint(closed), started)...)
}

func (m *maker) described(steps []explain.Step) []explain.Step {
	return plan.WithDescriptors(steps, m.gets.console, m.gets.self, m.gets.tree)
}
