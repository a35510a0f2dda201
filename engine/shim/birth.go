// This file brings the container into the world: its socket, its log, its input and output, and then the runtime.
package shim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/runtime/container"
)

// shim is the supervisor of one container.
type shim struct {
	birth     wire.Birth
	spec      *specs.Spec
	container *container.Container
	io        *stdio
	audience  *audience
	lock      io.Closer
	programs  sync.WaitGroup // those started by exec
	delivered sync.WaitGroup // what clients have not read yet
	listener  *wire.Listener
	status    wire.Status
}

// bear makes the container and tells the engine that it runs.
func bear(b wire.Birth, engine *wire.Conn) (*shim, error) {
	s := &shim{birth: b}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	var err error
	if s.container, err = container.Run(s.spec, s.options(engine)); err != nil {
		s.io.close()
		return nil, err
	}
	if err := s.born(engine); err != nil {
		return nil, errors.Join(err, s.container.Delete(true))
	}
	return s, nil
}

// prepare opens everything that the shim needs. Whoever connects from now on is served as soon as the program runs.
func (s *shim) prepare() error {
	var err error
	if s.lock, err = wire.Lock(s.birth.Dir); err != nil {
		return err
	}
	if s.listener, err = wire.Listen(s.birth.Dir); err != nil {
		return err
	}
	s.status = wire.Status{State: wire.Created, Shim: os.Getpid()}
	if err := s.status.Write(s.birth.Dir); err != nil {
		return err
	}
	if s.spec, err = readSpec(s.birth.Bundle); err != nil {
		return err
	}
	log, err := openLog(s.birth.Log)
	if err != nil {
		return err
	}
	s.audience = newAudience(log, &s.delivered)
	s.io, err = newStdio(s.spec.Process.Terminal, s.birth.Stdin)
	return err
}

func (s *shim) options(engine *wire.Conn) container.Options {
	return container.Options{
		ID: s.birth.ID, Bundle: s.birth.Bundle, Root: s.birth.Runtime,
		Stdin: s.io.child[0], Stdout: s.io.child[1], Stderr: s.io.child[2],
		ConsoleSocket: s.io.theirs,
		Listener:      relay(s.birth, engine),
		Init:          s.birth.Init,
	}
}

// relay lets the engine hear the runtime's steps, if it wants to.
func relay(b wire.Birth, engine *wire.Conn) explain.Listener {
	if !b.Tell {
		return nil
	}
	return explain.Relay(
		func(e explain.Event) error { return engine.SendJSON(wire.Told, e) },
		func() (answer explain.Answer, err error) {
			kind, payload, err := engine.Receive()
			if err == nil && kind != wire.Answer {
				err = fmt.Errorf("a frame %q in place of an answer", kind)
			}
			if err == nil {
				err = json.Unmarshal(payload, &answer)
			}
			return answer, err
		})
}

// born makes the birth known.
func (s *shim) born(engine *wire.Conn) error {
	if err := s.io.born(); err != nil {
		return err
	}
	s.status.State, s.status.PID, s.status.Started = wire.Running, s.container.PID(), time.Now().UTC()
	if err := s.status.Write(s.birth.Dir); err != nil {
		return err
	}
	// An engine that has gone meanwhile is like one that hangs up later: the container goes on.
	if engine.SendJSON(wire.Started, s.status.PID) == nil && s.birth.Attach {
		s.audience.join(engine, true)
	}
	return nil
}

func readSpec(bundle string) (*specs.Spec, error) {
	data, err := os.ReadFile(filepath.Join(bundle, "config.json"))
	if err != nil {
		return nil, fmt.Errorf("read the OCI spec: %w", err)
	}
	spec := &specs.Spec{}
	if err := json.Unmarshal(data, spec); err != nil {
		return nil, fmt.Errorf("read the OCI spec in %s: %w", bundle, err)
	}
	return spec, nil
}

// failure finds out which exit code an error means.
func failure(err error) *wire.Failure {
	f := &wire.Failure{Code: 125, Message: err.Error(), Quit: errors.Is(err, explain.ErrQuit)}
	if exec := (*container.ExecError)(nil); errors.As(err, &exec) {
		f.Code = exec.Code
	}
	return f
}
