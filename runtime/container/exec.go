// This file runs a further program in a running container.
package container

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
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
	defer closeAll(v.agent, nil)
	ours, theirs, err := socketpair(unix.SOCK_SEQPACKET)
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	defer theirs.Close()
	null, err := v.completeStdio()
	if err != nil {
		return nil, err
	}
	defer null.Close()
	v.prepare(&process, ours, theirs)
	v.run.Listener = o.Listener
	if err := v.do(theirs); err != nil {
		return nil, errors.Join(v.explain(err, p.Args[0]), v.run.Rollback())
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
	visitor kernel.Visitor
	steps   []explain.Step // the visitor's
	run     explain.Runner
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
func (v *visit) completeStdio() (null *os.File, err error) {
	fd, err := unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", os.DevNull, err)
	}
	null = os.NewFile(uintptr(fd), os.DevNull)
	for _, file := range []**os.File{&v.Stdin, &v.Stdout, &v.Stderr} {
		if *file == nil {
			*file = null
		}
	}
	return null, nil
}

// prepare writes down what the visitor has to do. Its descriptors are the program's, the socket for the terminal's master, and
// the one to us.
func (v *visit) prepare(p *specs.Process, ours, theirs *os.File) {
	v.child = kernel.Child{Argv: stage.Argv("visitor"), Env: []string{}, Files: append([]*os.File{v.Stdin, v.Stdout, v.Stderr}, v.Preserve...)}
	first := len(v.child.Files)
	v.child.Files = append(v.child.Files, v.ConsoleSocket, theirs)
	v.steps = plan.WithDescriptors(plan.VisitInside(v.plan, p, v.c.InitPID, v.host), first, first+1, 0)
	v.steps = append(v.steps, plan.LastVisit(v.plan, p, candidates(p), uint(first))...)
	v.visitor = kernel.Visitor{Child: &v.child, Socket: ours, Paced: v.Listener != nil,
		Gated: len(plan.VisitOutside(v.plan, v.host, 0)) > 0, Listener: v.introduce}
	for i, s := range v.steps {
		for j, op := range s.Ops {
			known := op.(kernel.Foretold)
			if v.visitor.Paced {
				v.steps[i].Ops[j] = kernel.AtPace{Foretold: known, Visitor: &v.visitor, N: len(v.visitor.Ops)}
			}
			v.visitor.Ops = append(v.visitor.Ops, known)
		}
	}
}

func (v *visit) do(theirs *os.File) error {
	if err := v.run.Run(plan.Visit(v.plan, v.host, &v.visitor)); err != nil {
		return err
	}
	theirs.Close()
	if v.Meanwhile != nil {
		v.Meanwhile()
	}
	if err := v.run.Run(plan.VisitOutside(v.plan, v.host, v.child.PID)...); err != nil {
		return err
	}
	if err := v.inside(); err != nil {
		return err
	}
	return v.writePid()
}

// inside lets the visitor do its task: at once, unless somebody listens.
func (v *visit) inside() error {
	if v.visitor.Paced {
		v.run.Inside = true
		return v.run.Run(v.steps...)
	}
	if v.visitor.Gated {
		if err := v.visitor.Proceed(0); err != nil {
			return err
		}
	}
	return v.visitor.Run()
}

// introduce gives the seccomp agent the descriptor by which it decides the visitor's calls.
func (v *visit) introduce(seccomp *os.File) error {
	state := plan.AgentState(v.plan, specs.StateRunning, v.c.InitPID, v.child.PID)
	if err := unix.Sendmsg(int(v.agent.Fd()), []byte(state), unix.UnixRights(int(seccomp.Fd())), nil, 0); err != nil {
		return fmt.Errorf("send the listener to the one who decides (linux.seccomp.listenerPath): %w", err)
	}
	return nil
}

// explain says why there is no program. The codes are the shell's.
func (v *visit) explain(err error, name string) error {
	var failed *kernel.VisitorError
	if !errors.As(err, &failed) {
		return err
	}
	if !v.visitor.Paced { // there the runner has said it
		err = explain.Failed(v.stepOf(failed.Op), err)
	}
	if failed.Op < len(v.visitor.Ops)-1 {
		return &ExecError{Text: err.Error(), Code: 125}
	}
	switch absent := errors.Is(failed, unix.ENOENT); {
	case errors.Is(failed, unix.EACCES), absent && slices.Contains(failed.Before, unix.EACCES):
		return &ExecError{Text: fmt.Sprintf("exec: %q: permission denied", name), Code: 126}
	case absent && strings.Contains(name, "/"):
		return &ExecError{Text: fmt.Sprintf("exec: %q: no such file or directory", name), Code: 127}
	case absent:
		return &ExecError{Text: fmt.Sprintf("exec: %q: executable file not found in $PATH", name), Code: 127}
	}
	return &ExecError{Text: err.Error(), Code: 126}
}

// stepOf is the one that the n-th op belongs to.
func (v *visit) stepOf(n int) explain.Step {
	for _, s := range v.steps {
		if n -= len(s.Ops); n < 0 {
			return s
		}
	}
	return explain.Step{}
}

// candidates are the places where the program may be: for a name without a slash those of PATH of its environment, as for execvp(3).
func candidates(p *specs.Process) []string {
	name := p.Args[0]
	if strings.Contains(name, "/") {
		return []string{name}
	}
	var paths []string
	for _, dir := range strings.Split(stage.LookEnv(p.Env, "PATH"), ":") {
		paths = append(paths, path.Join("/", dir, name))
	}
	return paths
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
