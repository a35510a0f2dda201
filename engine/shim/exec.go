// This file runs further programs in the container. The shim does it rather than the command that a person types, so that the
// program survives its client and has a parent that waits for it.
package shim

import (
	"errors"
	"fmt"
	"sync"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/kernel/quickjson"
	"glassbox/runtime/container"
)

// exec starts a program and stays with its client until it has ended.
func (s *shim) exec(c *wire.Conn, payload []byte) error {
	s.programs.Add(1)
	defer s.programs.Done()
	defer s.rest()
	var p wire.Program
	if err := quickjson.Unmarshal(payload, &p); err != nil {
		return fmt.Errorf("read what to execute: %w", err)
	}
	io, err := newStdio(p.Process.Terminal, p.Stdin)
	if err != nil {
		return err
	}
	process, err := s.startProgram(p.Process, io)
	if err != nil {
		io.close()
		return err
	}
	s.rest() // it may run for long
	var delivered sync.WaitGroup
	a := newAudience(nil, &delivered)
	if c.SendJSON(wire.Started, process.PID) == nil && !p.Detach {
		a.join(c, true)
		go func() {
			converse(c, io)
			a.leave(c)
		}()
	}
	io.flow(a)
	status, err := process.Await()
	io.settle(a)
	if err != nil {
		return err
	}
	a.end(exitCode(status), false)
	s.noteNow("exec_die", map[string]string{"execID": p.ID, "exitCode": fmt.Sprint(exitCode(status))})
	delivered.Wait()
	return nil
}

// startProgram starts a few at once: each needs a thread while it is made, and more of them would make none sooner.
func (s *shim) startProgram(p *specs.Process, io *stdio) (*container.Process, error) {
	s.starting <- struct{}{}
	defer func() { <-s.starting }()
	l, err := s.ready()
	if err != nil {
		return nil, err
	}
	return startIn(l, p, io)
}

func startIn(l *life, p *specs.Process, io *stdio) (*container.Process, error) {
	process, err := l.container.Exec(p, container.ExecOptions{
		Stdin: io.child[0], Stdout: io.child[1], Stderr: io.child[2], ConsoleSocket: io.theirs,
	})
	if err != nil {
		return nil, err
	}
	return process, io.born()
}

// ready is the life in which a further program can be started.
func (s *shim) ready() (*life, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.status.State == wire.Restarting:
		return nil, errors.New("the container is restarting: wait until it is running")
	case s.status.Paused:
		return nil, errors.New("the container is paused: unpause it first")
	}
	return s.life, nil
}

// exitCode is how shells number the ends of programs: 128 and the signal for those that were killed.
func exitCode(status unix.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
