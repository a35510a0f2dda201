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
	"sync/atomic"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/kernel/quickjson"
	"glassbox/runtime/container"
)

// shim is the supervisor of one container.
type shim struct {
	birth     wire.Birth
	lock      io.Closer
	log       sink           // nil: nobody keeps the output
	programs  sync.WaitGroup // those started by exec
	delivered sync.WaitGroup // what clients have not read yet
	listener  *wire.Listener
	names     names
	over      chan struct{} // closed when the container has ended for good
	resting   atomic.Bool   // memory is to be given back in a while
	starting  chan struct{} // has room for as many programs as may be started at once

	mu     sync.Mutex // of what follows
	life   *life
	status wire.Status
	will   will
}

// awaitBirth waits until the engine says which container is ours, and gets ready for clients.
func awaitBirth(engine *wire.Conn) (*shim, error) {
	s := &shim{over: make(chan struct{}), starting: make(chan struct{}, 4)}
	err := hear(engine, wire.Prepare, &s.birth)
	if err == nil {
		err = s.prepare()
	}
	return s, err
}

// bear makes the container and tells the engine that it runs. What can be done before there is a network is done by the time there is
// one; unless the engine wants to hear each step, and so one after the other.
func (s *shim) bear(seen *container.Sight, engine *wire.Conn) error {
	wait := cues{
		enter: func() error { return hear(engine, wire.Enter, nil) },
		start: func() error {
			if err := hear(engine, wire.Start, nil); err != nil {
				return err
			}
			return s.serveNames()
		},
	}
	if s.birth.Tell {
		err := wait.enter()
		if err == nil {
			err = wait.start()
		}
		if err != nil {
			s.life.io.close()
			return err
		}
		wait = cues{}
	}
	if err := s.life.begin(s.birth, seen, wait, relay(s.birth, engine)); err != nil {
		s.endNames()
		return err
	}
	if err := s.begun(); err != nil {
		s.endNames()
		return errors.Join(err, s.life.container.Delete(true))
	}
	// An engine that has gone meanwhile is like one that hangs up later: the container goes on.
	if engine.SendJSON(wire.Started, s.status.PID) == nil && s.birth.Attach {
		s.life.audience.join(engine, true)
	}
	return nil
}

// prepare opens everything that the shim needs. Whoever connects from now on is served as soon as the program runs.
func (s *shim) prepare() error {
	s.will = newWill(s.birth.Restart)
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
	if s.log, err = openSink(s.birth.Log, s.birth.Pack); err != nil {
		return err
	}
	s.life, err = s.conceive()
	return err
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

func readSpec(bundle string) (*specs.Spec, error) {
	data, err := os.ReadFile(filepath.Join(bundle, "config.json"))
	if err != nil {
		return nil, fmt.Errorf("read the OCI spec: %w", err)
	}
	spec := &specs.Spec{}
	if err := quickjson.Unmarshal(data, spec); err != nil {
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
