// This file runs a further program in a running container.
package container

import (
	"errors"
	"fmt"
	"os"
	"strconv"

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
}

// Process is a visitor that runs.
type Process struct{ PID int }

// Wait waits for the visitor's end; by the process that started it.
func (p *Process) Wait() (unix.WaitStatus, error) { return wait(p.PID) }

// Signal sends one to it; by the process that started it, before it has waited.
func (p *Process) Signal(sig unix.Signal) error { return unix.Kill(p.PID, sig) }

// Exec runs p in the namespaces and cgroups of the container. It returns when its execve has succeeded.
func (c *Container) Exec(p *specs.Process, o ExecOptions) (*Process, error) {
	if status := c.Status(); status != specs.StateRunning && status != specs.StateCreated {
		return nil, fmt.Errorf("exec in container %q: it is %s: %w", c.Plan.ID, status, ErrNotRunning)
	}
	if err := check.Process(p); err != nil {
		return nil, err
	}
	host, err := plan.Look(c.Plan)
	if err != nil {
		return nil, err
	}
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
	v := visit{ExecOptions: o, c: c, process: p, host: host, child: child}
	v.run.Listener = o.Listener
	if err := v.do(ours, theirs); err != nil {
		return nil, errors.Join(err, v.run.Rollback())
	}
	return &Process{PID: child.PID}, nil
}

type visit struct {
	ExecOptions
	c       *Container
	process *specs.Process
	host    plan.Host
	child   *kernel.Child
	run     explain.Runner
}

func (v *visit) do(ours, theirs *os.File) error {
	if err := v.run.Run(plan.Visit(v.c.Plan, v.host, v.c.InitPID, v.child)); err != nil {
		return err
	}
	theirs.Close()
	v.host.Stage.Outside = v.child.PID
	if err := v.run.Run(plan.VisitOutside(v.c.Plan, v.host, v.child.PID)...); err != nil {
		return err
	}
	wire := stage.NewConn(ours)
	config := stage.Config{Container: v.c.Plan, Host: v.host, Visit: &stage.Visit{Init: v.c.InitPID, Process: v.process},
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
