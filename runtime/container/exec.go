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
	Meanwhile    func()            // is called while the stage starts; may be nil
}

// Process is a visitor that runs.
type Process struct {
	PID   int
	stage int // which has cloned it, and ends by itself; 0: it has become the program
}

// Wait waits for the visitor's end; by the process that started it.
func (p *Process) Wait() (unix.WaitStatus, error) {
	status, err := wait(p.PID)
	if err == nil {
		err = p.Leave()
	}
	return status, err
}

// Leave is instead of Wait for who does not wait: nothing of ours stays but the program.
func (p *Process) Leave() error {
	if p.stage == 0 {
		return nil
	}
	_, err := wait(p.stage)
	return err
}

// Signal sends one to it; by the process that started it, before it has waited.
func (p *Process) Signal(sig unix.Signal) error { return unix.Kill(p.PID, sig) }

// Exec runs p in the namespaces and cgroups of the container. It returns when its execve has succeeded.
func (c *Container) Exec(p *specs.Process, o ExecOptions) (*Process, error) {
	if err := c.receives(p, o); err != nil {
		return nil, err
	}
	host := c.Host.Now(c.Plan)
	if p.Capabilities != c.Plan.Spec.Process.Capabilities { // of its own the container was warned at birth
		for _, text := range plan.CapabilityWarnings(p, host) {
			c.warn(text)
		}
	}
	agent, err := c.dialAgent()
	if err != nil {
		return nil, err
	}
	defer closeAll(agent, nil)
	ours, theirs, err := socketpair()
	if err != nil {
		return nil, err
	}
	defer ours.Close()
	defer theirs.Close()
	child := &kernel.Child{Env: stageEnv(), Files: append([]*os.File{o.Stdin, o.Stdout, o.Stderr}, o.Preserve...)}
	child.Argv = stage.Argv(strconv.Itoa(len(child.Files)))
	child.Files = append(child.Files, theirs, o.ConsoleSocket, nil, agent)
	container := c.Plan
	container.Subgroups = o.Subgroups
	v := visit{ExecOptions: o, c: c, plan: container, process: p, host: host, child: child}
	v.run.Listener = o.Listener
	process, err := v.do(ours, theirs)
	if err != nil {
		return nil, errors.Join(err, v.run.Rollback())
	}
	return process, nil
}

type visit struct {
	ExecOptions
	c       *Container
	plan    plan.Container
	process *specs.Process
	host    plan.Host
	child   *kernel.Child
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

func (v *visit) do(ours, theirs *os.File) (*Process, error) {
	if err := v.run.Run(plan.Visit(v.plan, v.host, v.c.InitPID, v.child)); err != nil {
		return nil, err
	}
	theirs.Close()
	if v.Meanwhile != nil {
		v.Meanwhile()
	}
	if err := v.run.Run(plan.VisitOutside(v.plan, v.host, v.child.PID)...); err != nil {
		return nil, err
	}
	wire := stage.NewConn(ours)
	config := stage.Config{Container: v.plan, Host: v.host, Visit: &stage.Visit{Init: v.c.InitPID, Process: v.process},
		Listen: v.Listener != nil, Preserve: len(v.Preserve), Console: 4 + len(v.Preserve)}
	if err := wire.Send(config); err != nil {
		return nil, fmt.Errorf("tell the stage what to become: %w", err)
	}
	if _, err := untilReady(wire, v.Listener, nil); err != nil {
		return nil, err
	}
	pid, err := untilExec(wire, v.Listener)
	if err != nil {
		return nil, err
	}
	p := &Process{PID: v.child.PID}
	if pid != 0 { // from here on Rollback means the program
		p.PID, p.stage, v.child.PID = pid, v.child.PID, pid
	}
	return p, v.writePid()
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
