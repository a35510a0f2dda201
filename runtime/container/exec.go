// This file runs a further program in a running container.
package container

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/runtime/check"
	"glassbox/runtime/plan"
	"glassbox/runtime/stage"
)

// ExecOptions are Options for a visit.
type ExecOptions struct {
	Stdin, Stdout, Stderr *os.File
	ConsoleSocket         *os.File
	Preserve              []*os.File
	PidFile               string
	Listener              explain.Listener

	IgnorePaused bool              // it waits, frozen, until the container is resumed
	Subgroups    map[string]string // groups below the container's, by controller or "" for all
	Meanwhile    func()            // is called while the visitor does its task; may be nil
}

// Process is a visitor's program that runs.
type Process struct{ PID int }

// Wait waits for its end; by the process that started it.
func (p *Process) Wait() (unix.WaitStatus, error) { return wait(p.PID) }

// Signal sends one to it; by the process that started it, before it has waited.
func (p *Process) Signal(sig unix.Signal) error { return unix.Kill(p.PID, sig) }

// Exec runs p in the namespaces and cgroups of the container. It returns when its execve has succeeded.
func (c *Container) Exec(p *specs.Process, o ExecOptions) (*Process, error) {
	if err := c.receives(p, o); err != nil {
		return nil, err
	}
	v := visit{ExecOptions: o, c: c, plan: c.Plan, host: c.Host.Now(c.Plan)}
	v.plan.Subgroups = o.Subgroups
	if p.Capabilities != c.Plan.Spec.Process.Capabilities { // of its own the container was warned at birth
		for _, text := range plan.CapabilityWarnings(p, v.host) {
			c.warn(text)
		}
	}
	process := *p
	process.Env = stage.WithHome(p.Env, p.User.UID, fmt.Sprintf("/proc/%d/root", c.InitPID))
	var err error
	if v.agent, err = c.dialAgent(); err != nil {
		return nil, err
	}
	if v.agent != nil {
		defer v.agent.Close()
	}
	ours, theirs, err := socketpair(unix.SOCK_SEQPACKET)
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	defer theirs.Close()
	null, err := completeStdio(&v.Stdin, &v.Stdout, &v.Stderr)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	v.prepare(&process, ours, theirs)
	if err := v.do(theirs); err != nil {
		return nil, errors.Join(v.notRun(err, p.Args[0]), v.run.Rollback())
	}
	return &Process{PID: v.child.PID}, nil
}

type visit struct {
	ExecOptions
	c       *Container
	plan    plan.Container
	host    plan.Host
	agent   *os.File // who decides its calls, if somebody does
	child   kernel.Child
	visitor inside
	steps   []explain.Step // the visitor's
	run     explain.Runner // of ours
}

// receives says why the container takes no visitor, or not this one.
func (c *Container) receives(p *specs.Process, o ExecOptions) error {
	switch status := c.Status(); {
	case status == "paused" && !o.IgnorePaused:
		return fmt.Errorf("exec in container %q: it is paused: resume it, or use --ignore-paused", c.Plan.ID)
	case status != specs.StateRunning && status != specs.StateCreated && status != "paused":
		return fmt.Errorf("exec in container %q: it is %s: %w", c.Plan.ID, status, ErrNotRunning)
	}
	for controller, group := range o.Subgroups {
		if strings.Contains("/"+group+"/", "/../") {
			return fmt.Errorf("exec in container %q: the group %q may not leave the container's by \"..\"", c.Plan.ID, group)
		}
		if controller != "" && !c.Host.Cgroups.Has(controller) {
			return fmt.Errorf("exec in container %q: no cgroup tree has the controller %q", c.Plan.ID, controller)
		}
	}
	return check.Process(p)
}

// completeStdio: without the first three descriptors, a file that a program opens would become its output.
func completeStdio(files ...**os.File) (null *os.File, err error) {
	fd, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	null = os.NewFile(uintptr(fd), os.DevNull)
	for _, file := range files {
		if *file == nil {
			*file = null
		}
	}
	return null, nil
}

// prepare writes down what the visitor has to do. Its descriptors are the program's, the one to us, and the socket for the terminal's
// master.
func (v *visit) prepare(p *specs.Process, ours, theirs *os.File) {
	v.child = kernel.Child{Argv: stage.Argv(), Env: []string{}, Files: append([]*os.File{v.Stdin, v.Stdout, v.Stderr}, v.Preserve...)}
	first := len(v.child.Files)
	v.child.Link, v.child.Files = first, append(v.child.Files, theirs, v.ConsoleSocket)
	v.steps = plan.WithDescriptors(plan.VisitInside(v.plan, p, v.c.InitPID, v.host), first+1, 0, 0)
	v.steps = append(v.steps, plan.LastVisit(v.plan, p, candidates(p), uint(first))...)
	v.run.Listener = v.Listener
	v.visitor = inside{Deputy: kernel.Deputy{Child: &v.child, Socket: ours, Listener: v.introduce}, run: explain.Runner{Listener: v.Listener, Inside: true}}
}

func (v *visit) do(theirs *os.File) error {
	written := make(chan *errand, 1)
	alone := len(plan.VisitOutside(v.plan, v.host, 0)) == 0
	kernel.Beside(func() {
		e := v.visitor.prepare(v.steps)
		if alone { // it finds it there when it comes
			e.begin()
		}
		written <- e
	})
	err := v.run.Run(plan.Visit(v.plan, v.host, &v.child))
	errand := <-written
	if err != nil {
		return err
	}
	theirs.Close()
	if !alone {
		if err := v.run.Run(plan.VisitOutside(v.plan, v.host, v.child.PID)...); err != nil {
			return err
		}
		errand.begin()
	}
	if v.Meanwhile != nil {
		v.Meanwhile()
	}
	if err := errand.finish(); err != nil {
		return err
	}
	return v.writePid()
}

// introduce gives the seccomp agent the descriptor by which it decides the visitor's calls.
func (v *visit) introduce(seccomp *os.File) error {
	return introduce(v.agent, seccomp, plan.AgentState(v.plan, specs.StateRunning, v.c.InitPID, v.child.PID))
}

// notRun says why there is no program.
func (v *visit) notRun(err error, name string) error {
	var failed *kernel.DeputyError
	var refused *kernel.Error
	if errors.As(err, &failed) && errors.As(err, &refused) && strings.HasPrefix(refused.Call, "execve") {
		return notFound(failed, name)
	}
	return notRun(err)
}

func (v *visit) writePid() error {
	if v.PidFile == "" {
		return nil
	}
	if err := os.WriteFile(v.PidFile, []byte(strconv.Itoa(v.child.PID)), 0o644); err != nil {
		return fmt.Errorf("write the pid file: %w", err)
	}
	return nil
}
