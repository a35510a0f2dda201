// This file brings the container into the world: its socket, its log, its input and output, and then the runtime.
package shim

import (
	"encoding/json"
	"errors"
	"fmt"
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
	programs  sync.WaitGroup // those started by exec
	listener  *wire.Listener
	status    wire.Status
}

// bear makes the container and tells the engine that it runs.
func bear(b wire.Birth, engine *wire.Conn) (*shim, error) {
	spec, err := readSpec(b.Bundle)
	if err != nil {
		return nil, err
	}
	if err := wire.Lock(b.Dir); err != nil {
		return nil, err
	}
	log, err := openLog(b.Log)
	if err != nil {
		return nil, err
	}
	s := &shim{birth: b, spec: spec, audience: newAudience(log)}
	if s.io, err = newStdio(spec.Process.Terminal, b.Stdin); err != nil {
		return nil, err
	}
	if s.container, err = container.Run(spec, s.options(engine)); err != nil {
		s.io.close()
		return nil, err
	}
	if err := s.born(engine); err != nil {
		return nil, errors.Join(err, s.container.Delete(true))
	}
	return s, nil
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

// born does what must be done between the program's first instruction and the good news: whoever hears it may connect.
func (s *shim) born(engine *wire.Conn) error {
	if err := s.io.born(); err != nil {
		return err
	}
	var err error
	if s.listener, err = wire.Listen(s.birth.Dir); err != nil {
		return err
	}
	s.status = wire.Status{State: wire.Running, PID: s.container.PID(), Shim: os.Getpid(), Started: time.Now().UTC()}
	if err := s.status.Write(s.birth.Dir); err != nil {
		return err
	}
	// An engine that has gone meanwhile is like one that hangs up later: the container goes on.
	if engine.SendJSON(wire.Started, s.status.PID) == nil && s.birth.Attach {
		return s.audience.join(engine, true)
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
