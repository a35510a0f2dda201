// This file gives birth. Two processes work on it at the same time: while the stage makes the mounts, we write down what is made.
package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/runtime/check"
	"glassbox/runtime/plan"
	"glassbox/runtime/seccomp"
	"glassbox/runtime/stage"
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
		h, err = look(&c, h)
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
	c := plan.Container{ID: o.ID, Bundle: o.Bundle, Spec: spec, Init: o.Init, Stay: o.NoPivot, CallersKeys: o.CallersKeys, Scope: o.Scope}
	if err := checkID(o.ID); err != nil {
		return c, err
	}
	return c, check.Spec(spec)
}

// look is the part of Describe that can wait until the stage is on its way.
func look(c *plan.Container, h plan.Host) (plan.Host, error) {
	if s := c.Spec.Linux.Seccomp; s != nil {
		f, err := seccomp.Compile(s)
		if err != nil {
			return plan.Host{}, err
		}
		c.Filter = plan.Filter{Program: []byte(f.Program), Flags: f.Flags}
		if f.Flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 {
			c.Filter.Listener, c.Filter.Metadata = f.ListenerPath, f.ListenerMetadata
		}
	}
	return h.Look(*c)
}

// maker is a birth under way.
type maker struct {
	Options
	c      *Container
	child  kernel.Child
	run    explain.Runner
	stage  inside
	agent  *os.File   // who decides the container's calls, if somebody does
	places placesOfIt // of its descriptors
}

// placesOfIt are the descriptors that only the stage has, by their numbers.
type placesOfIt struct{ console, fifo, proc, self, tree int }

// Sight receives what plan.LookAtCgroups finds.
type Sight <-chan sight

type sight struct {
	host plan.Host
	err  error
}

// LookAhead begins to look at the host; meanwhile the specification can be read.
func LookAhead() Sight {
	seen := make(chan sight, 1)
	go func() {
		host, err := plan.LookAtCgroups()
		seen <- sight{host, err}
	}()
	return seen
}

func birth(spec *specs.Spec, o Options, wait bool) (*Container, error) {
	if o.Seen == nil {
		o.Seen = LookAhead()
	}
	m := &maker{Options: o}
	described, err := describe(spec, o)
	if err != nil {
		return nil, err
	}
	if err := check.Paths(spec, o.Bundle); err != nil {
		return nil, err
	}
	m.c = &Container{record: record{Plan: described}, dir: o.dir(), Warn: o.Warn}
	if err := m.claim(); err != nil {
		return nil, err
	}
	journal, err := kernel.CreateJournal(filepath.Join(m.dir(), journalFile))
	if err != nil {
		return nil, errors.Join(err, os.Remove(m.dir()))
	}
	defer journal.Close() // after abandon, which writes in it
	m.run = explain.Runner{Listener: m.Listener, Journal: journal}
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
	err := m.run.Rollback()
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
	seen := <-m.Seen
	if seen.err != nil {
		return seen.err
	}
	var err error
	if m.c.Host, err = delegated(&m.c.Plan, seen.host); err != nil {
		return err
	}
	m.c.Host.Slices = m.c.Host.OurSlices(m.c.Plan)
	switch {
	case m.c.Plan.Scope == nil:
	case plan.SystemdRuns():
		m.c.Host.Systemd, m.c.Host.Slices = true, plan.TransientSlices(m.c.Host.Slices)
	default:
		m.c.warn("no systemd to ask here: the container's cgroup is made without it")
	}
	err = m.run.Run(plan.Before(m.c.Plan, m.c.Host)...)
	if err == nil {
		err = m.start(wait)
	}
	if err != nil {
		return errors.Join(err, plan.Threaded(m.c.Plan, m.c.Host))
	}
	defer m.stage.Socket.Close()
	if m.agent != nil {
		defer m.agent.Close()
	}
	if m.c.Host, err = look(&m.c.Plan, m.c.Host); err != nil {
		return err
	}
	for _, text := range plan.Warnings(m.c.Plan, m.c.Host) {
		m.c.warn(text)
	}
	if err := plan.Refusal(m.c.Plan, m.c.Host); err != nil {
		return err
	}
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
	if err := m.run.Run(plan.After(m.c.Plan, m.c.Host)...); err != nil {
		return err
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
	return m.run.Run(plan.Outside(m.c.Plan, m.c.Host, m.child.PID)...)
}

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

// start clones the stage as early as can be.
func (m *maker) start(wait bool) error {
	ours, theirs, err := socketpair(unix.SOCK_SEQPACKET)
	if err != nil {
		return err
	}
	defer theirs.Close()
	m.stage = inside{Deputy: kernel.Deputy{Child: &m.child, Socket: ours, Listener: m.introduce}, run: explain.Runner{Listener: m.Listener, Inside: true}}
	if m.agent, err = m.c.dialAgent(); err != nil {
		return err
	}
	trees := make([]kernel.MountTree, len(plan.MappedMounts(m.c.Plan.Spec)))
	defer closeTrees(trees)
	if err := m.run.Run(plan.MapMounts(m.c.Plan, trees)...); err != nil {
		return err
	}
	null, err := completeStdio(&m.Stdin, &m.Stdout, &m.Stderr)
	if err != nil {
		return err
	}
	defer null.Close()
	m.child.Argv, m.child.Env = stage.Argv(), []string{}
	m.child.Files = append([]*os.File{m.Stdin, m.Stdout, m.Stderr}, m.Preserve...)
	m.child.Link = m.give(theirs)
	m.places.console = m.give(m.ConsoleSocket)
	if wait {
		fifo, proc, err := m.makeFifo()
		if err != nil {
			return err
		}
		defer fifo.Close()
		defer proc.Close()
		m.places.fifo, m.places.proc = m.give(fifo), m.give(proc)
	}
	if plan.RunsItself(m.c.Plan) {
		self, err := kernel.ProtectedSelf()
		if err != nil {
			return err
		}
		defer self.Close()
		m.places.self = m.give(self)
	}
	m.places.tree = len(m.child.Files)
	for _, t := range trees {
		m.give(t.File)
	}
	return m.run.Run(plan.Birth(m.c.Plan, m.c.Host, &m.child))
}

// give adds a descriptor to the stage's, and says which it will be.
func (m *maker) give(f *os.File) int {
	m.child.Files = append(m.child.Files, f)
	return len(m.child.Files) - 1
}

// introduce gives the seccomp agent the descriptor by which it decides the container's calls.
func (m *maker) introduce(seccomp *os.File) error {
	return introduce(m.agent, seccomp, plan.AgentState(m.c.Plan, specs.StateCreating, m.child.PID, m.child.PID))
}

// makeFifo opens it O_PATH: the stage opens it anew through that descriptor, whatever its root is by then, by way of the host's /proc.
func (m *maker) makeFifo() (fifo, proc *os.File, err error) {
	path := filepath.Join(m.dir(), fifoFile)
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return nil, nil, fmt.Errorf("make %s: %w", path, err)
	}
	if err := os.Chmod(path, 0o622); err != nil { // the stage opens it as the user that it has become
		return nil, nil, err
	}
	if fifo, err = openPath(path); err != nil {
		return nil, nil, err
	}
	if proc, err = openPath("/proc"); err != nil {
		fifo.Close()
	}
	return fifo, proc, err
}

func openPath(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
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

func socketpair(kind int) (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	return os.NewFile(uintptr(fds[0]), "stage"), os.NewFile(uintptr(fds[1]), "runtime"), nil
}
