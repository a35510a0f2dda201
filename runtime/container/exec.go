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
}

// Process is a visitor that runs.
type Process struct{ PID int }

// Wait waits for the visitor's end; by the process that started it.
func (p *Process) Wait() (unix.WaitStatus, error) { return wait(p.PID) }

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
	if err := v.do(ours, theirs); err != nil {
		return nil, errors.Join(err, v.run.Rollback())
	}
	return &Process{PID: child.PID}, nil
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

func (v *visit) do(ours, theirs *os.File) error {
	if err := v.run.Run(plan.Visit(v.plan, v.host, v.c.InitPID, v.child)); err != nil {
		return err
	}
	theirs.Close()
	v.host.Stage.Outside = v.child.PID
	if err := v.run.Run(plan.VisitOutside(v.plan, v.host, v.child.PID)...); err != nil {
		return err
	}
	wire := stage.NewConn(ours)
	config := stage.Config{Container: v.plan, Host: v.host, Visit: &stage.Visit{Init: v.c.InitPID, Process: v.process},
		Listen: v.Listener != nil, Preserve: len(v.Preserve), Console: 4 + len(v.Preserve)}
	if err := wire.Send(config); err != nil {
		return fmt.Errorf("tell the stage what to become: %w", err)
	}
	if _, err := untilReady(wire, v.Listener, nil); err != nil {
		return err
	}
	if err := wire.Send(explain.Go); err != nil {
		return errStageGone
	}
	pid, err := untilExec(wire, v.Listener)
	if err != nil {
		return err
	}
	return v.settle(pid)
}

// settle makes the program our child, where it was the stage's: it is so once the stage is collected. From then on Rollback
// means the program.
func (v *visit) settle(pid int) error {
	if pid != 0 {
		if _, err := wait(v.child.PID); err != nil {
			return err
		}
		v.child.PID = pid
	}
	if v.PidFile == "" {
		return nil
	}
	if err := os.WriteFile(v.PidFile, []byte(strconv.Itoa(v.child.PID)), 0o644); err != nil {
		return fmt.Errorf("write the pid file: %w", err)
	}
	return nil
}
