// This file holds what is done beside the birth. The kernel takes a millisecond to make the stage's namespaces: meanwhile somebody
// looks at the host, and then there is work for two: cgroups are made, and what the stage is to do is written down.
package container

import (
	"sync"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/runtime/plan"
)

// Sight is a look at the host that has begun already. Whoever takes it then does what he is asked to.
type Sight struct {
	asked chan func()
	host  plan.Host // his alone
	err   error
}

// LookAhead begins to look at the host; meanwhile the specification can be read.
func LookAhead() *Sight {
	s := &Sight{asked: make(chan func(), 2)}
	kernel.Beside(func() {
		s.host, s.err = plan.LookAtCgroups()
		for do := range s.asked {
			do()
		}
	})
	return s
}

func (s *Sight) ask(do func()) {
	s.asked <- do
	kernel.Elsewhere()
}

func (s *Sight) dismiss() { close(s.asked) }

// prospect is what is known of the host.
type prospect struct {
	plan plan.Container
	host plan.Host
	err  error
}

// beside is what the two share. What comes of the work belongs to the one who is at it, and to us when it is done.
type beside struct {
	seen   chan prospect // what the stage's birth depends on
	looked chan prospect // what is found out while it is started
	ahead  prospect      // his own

	todo  chan func() // for whoever is free
	doing sync.WaitGroup

	errands []*errand // nil: they are not known before the stage is
	filter  plan.Filter
	grouped bool           // the cgroups are made, and limited
	groups  explain.Runner // nobody else writes in the journal until they are
	refused [2]error       // the failure of either
}

func newBeside() beside {
	return beside{seen: make(chan prospect, 1), looked: make(chan prospect, 1), todo: make(chan func(), 2)}
}

// foresee finds out what is true of the host.
func (m *maker) foresee() {
	m.ahead = prospect{m.c.Plan, m.Seen.host, m.Seen.err}
	p := &m.ahead
	if p.err == nil {
		p.host, p.err = m.places(&p.plan, p.host)
	}
	m.seen <- *p
	if p.err == nil {
		p.host, p.err = p.host.Look(p.plan)
	}
	if p.err == nil {
		p.err = plan.Refusal(p.plan, p.host)
	}
	m.looked <- *p
}

// places says where the container's cgroups may be.
func (m *maker) places(c *plan.Container, h plan.Host) (plan.Host, error) {
	h, err := delegated(c, h)
	if err != nil {
		return h, err
	}
	h.Slices = h.OurSlices(*c)
	switch {
	case c.Scope == nil:
	case plan.SystemdRuns():
		h.Systemd, h.Slices = true, plan.TransientSlices(h.Slices)
	default:
		m.c.warn("no systemd to ask here: the container's cgroup is made without it")
	}
	return h, nil
}

// write gives the stage what it can begin with, to be there when it comes. Then it is said what else there is to do. Where somebody
// listens, or more has to be known first, one does it after the other.
func (m *maker) write() {
	if p := m.ahead; p.err == nil && p.plan.Scope == nil && !tellsPid(p.plan.Spec.Hooks) {
		begin := m.begin(p.plan, p.host)
		m.leave(&m.refused[0], func() (err error) {
			c := p.plan
			if c.Filter, err = filter(c.Spec.Linux.Seccomp); err == nil {
				m.filter, m.errands = c.Filter, append([]*errand{begin}, m.rest(c, p.host)...)
			}
			return err
		})
		groups := plan.After(p.plan, p.host)
		if m.grouped = m.Listener == nil && groups != nil; m.grouped {
			m.leave(&m.refused[1], func() error { return m.groups.Run(append(groups, plan.Limits(p.plan, p.host)...)...) })
		}
	}
	close(m.todo)
	m.help()
}

// leave leaves something to whoever is free.
func (m *maker) leave(err *error, do func() error) {
	m.doing.Add(1)
	m.todo <- func() {
		*err = do()
		m.doing.Done()
	}
}

func (m *maker) help() {
	for do := range m.todo {
		do()
	}
}

// share does its share, and waits until all is done.
func (m *maker) share() error {
	m.help()
	m.doing.Wait()
	m.c.Plan.Filter = m.filter
	m.run.Took = append(m.run.Took, m.birth.Took...)
	m.run.Join(m.groups)
	return first(m.refused[0], m.refused[1])
}
