// This file gives birth. Two processes work on it at the same time: while the stage makes the mounts, we write down what is made.
package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/runtime/check"
	"glassbox/runtime/plan"
	"glassbox/runtime/seccomp"
)

// Create does everything but run the program, which waits for Start. OCI runtime.md, "Create".
func Create(spec *specs.Spec, o Options) (*Container, error) { return birth(spec, o, true) }

// Run is Create and Start in one. It returns when the program's execve has succeeded.
func Run(spec *specs.Spec, o Options) (*Container, error) { return birth(spec, o, false) }

// Describe checks what is asked for, reads the host and compiles what a plan needs; it changes nothing.
func Describe(spec *specs.Spec, o Options) (plan.Container, plan.Host, error) {
	c, err := describe(spec, o)
	if err != nil {
		return c, plan.Host{}, err
	}
	h, err := plan.LookAtCgroups()
	if err == nil {
		h, err = delegated(&c, h)
	}
	if err == nil {
		c.Filter, err = filter(c.Spec.Linux.Seccomp)
	}
	if err == nil {
		h, err = h.Look(c)
	}
	return c, h, err
}

// delegated leaves an ordinary user what he may use of the cgroups.
func delegated(c *plan.Container, h plan.Host) (plan.Host, error) {
	if !plan.Rootless() {
		return h, nil
	}
	if c.Spec.Linux.CgroupsPath == "" {
		var err error
		if c.Spec.Linux.CgroupsPath, err = h.DelegatedPath(c.ID); err != nil {
			return h, err
		}
	}
	return h.Delegated(*c)
}

func describe(spec *specs.Spec, o Options) (plan.Container, error) {
	if spec.Linux == nil {
		spec.Linux = &specs.Linux{}
	}
	c := plan.Container{ID: o.ID, Bundle: o.Bundle, Spec: spec, Init: o.Init, Stay: o.NoPivot, CallersKeys: o.CallersKeys, Bare: o.Bare, Scope: o.Scope}
	if err := checkID(o.ID); err != nil {
		return c, err
	}
	return c, check.Spec(spec)
}

// filter compiles the seccomp profile.
func filter(s *specs.LinuxSeccomp) (plan.Filter, error) {
	if s == nil {
		return plan.Filter{}, nil
	}
	f, err := seccomp.Compile(s)
	if err != nil {
		return plan.Filter{}, err
	}
	compiled := plan.Filter{Program: []byte(f.Program), Flags: f.Flags}
	if f.Flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 {
		compiled.Listener, compiled.Metadata = f.ListenerPath, f.ListenerMetadata
	}
	return compiled, nil
}

// maker is a birth under way.
type maker struct {
	Options
	c     *Container
	child kernel.Child
	run   explain.Runner
	birth explain.Runner // of the stage alone, which ends first when all is taken back
	stage inside
	agent *os.File // who decides the container's calls, if somebody does
	gets  gifts    // the stage's
	lent  []*os.File
	beside
}

func birth(spec *specs.Spec, o Options, wait bool) (*Container, error) {
	if o.Seen == nil {
		o.Seen = LookAhead()
	}
	defer o.Seen.dismiss()
	m := &maker{Options: o, beside: newBeside()}
	described, err := describe(spec, o)
	if err != nil {
		return nil, err
	}
	if err := check.Paths(spec, o.Bundle); err != nil {
		return nil, err
	}
	if o.Await == nil { // else they are there when it is over
		if err := check.Namespaces(spec); err != nil {
			return nil, err
		}
	}
	m.c = &Container{record: record{Plan: described}, dir: o.dir(), Warn: o.Warn}
	o.Seen.ask(m.foresee)
	if err := m.claim(); err != nil {
		return nil, err
	}
	journal, err := kernel.CreateJournal(filepath.Join(m.dir(), journalFile))
	if err != nil {
		return nil, errors.Join(err, os.Remove(m.dir()))
	}
	defer journal.Close() // after abandon, which writes in it
	m.run, m.birth = explain.Runner{Listener: m.Listener, Journal: journal}, explain.Runner{Listener: m.Listener}
	m.groups.Journal = journal
	if err := m.make(wait); err != nil {
		// The directory goes last: while it is there the journal in it can finish what fails here.
		return nil, errors.Join(err, m.abandon())
	}
	return m.c, nil
}

// claim takes the id: mkdir succeeds for one of any number at the same time.
func (m *maker) claim() error {
	if err := os.MkdirAll(m.Root, 0o711); err != nil {
		return fmt.Errorf("make the state directory: %w", err)
	}
	err := os.Mkdir(m.dir(), 0o700)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%q: %w", m.ID, ErrExists)
	}
	if err != nil {
		return fmt.Errorf("make the container's state directory: %w", err)
	}
	return nil
}

func (m *maker) abandon() error {
	err := errors.Join(m.birth.Rollback(), m.run.Rollback())
	if err != nil {
		return fmt.Errorf("undo what was done (glassbox audit --fix tries again): %w", err)
	}
	if err := os.RemoveAll(m.dir()); err != nil {
		return err
	}
	if m.child.PID != 0 {
		m.c.afterEnd()
	}
	return nil
}

func (m *maker) make(wait bool) error {
	defer m.closeLent()
	if err := m.start(wait); err != nil {
		return errors.Join(err, plan.Threaded(m.c.Plan, m.c.Host))
	}
	defer m.stage.Socket.Close()
	if m.agent != nil {
		defer m.agent.Close()
	}
	p := <-m.looked
	if p.err != nil {
		return p.err
	}
	m.c.Plan, m.c.Host = p.plan, p.host
	for _, text := range plan.Warnings(m.c.Plan, m.c.Host) {
		m.c.warn(text)
	}
	if err := m.share(); err != nil {
		return err
	}
	m.closeLent() // the end of the stage is the end of its socket
	if err := m.outside(); err != nil {
		return err
	}
	if err := m.moveIn(); err != nil {
		return notRun(err)
	}
	return m.letGo(wait)
}

// outside carries out what is done on the host meanwhile. If systemd does not want the container, it goes without it.
func (m *maker) outside() error {
	if !m.grouped {
		if err := m.run.Run(plan.After(m.c.Plan, m.c.Host)...); err != nil {
			return err
		}
	}
	done := len(m.run.Took)
	if err := m.run.Run(plan.ScopeSteps(m.c.Plan, m.c.Host, m.child.PID)...); errors.Is(err, explain.ErrQuit) {
		return err
	} else if err != nil {
		m.c.warn(fmt.Sprintf("no unit of systemd: %v", err))
		m.run.Took, m.c.Host.Systemd = m.run.Took[:done], false
	}
	if !m.c.Host.Systemd {
		m.c.Plan.Scope = nil
	}
	if !m.grouped {
		if err := m.run.Run(plan.Limits(m.c.Plan, m.c.Host)...); err != nil {
			return err
		}
	}
	return m.run.Run(plan.Outside(m.c.Plan, m.c.Host, m.child.PID)...)
}

func (m *maker) record() error {
	m.c.InitPID, m.c.Created = m.child.PID, time.Now().UTC()
	m.c.Cgroups = plan.CgroupDirs(m.c.Plan, m.c.Host.Cgroups)
	var err error
	if m.c.Began, _, err = processStart(m.c.InitPID); err != nil {
		return err
	}
	if err := m.c.save(); err != nil {
		return err
	}
	if m.PidFile == "" {
		return nil
	}
	return os.WriteFile(m.PidFile, []byte(strconv.Itoa(m.c.InitPID)), 0o644)
}
