// This file is the engine's side of a shim: starting it, telling it what to do, passing streams.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/kernel"
)

// patience is how long a shim may say nothing when the caller wants no more.
const patience = 10 * time.Second

// supervisor is a shim that was started from here.
type supervisor struct {
	conn    *wire.Conn
	pid     int
	entered bool // it may have its container born
}

// shimEnv keeps shims small: Go would note the stacks of threads that wait for its own locks, and give new goroutines stacks as large as
// the old ones have needed. After a rush of clients that is some hundred kilobytes.
const shimEnv = "GODEBUG=profstackdepth=0,adaptivestackstart=0"

// spawn starts a shim. It knows nothing yet; if we hang up before it does, it ends. Its arguments are for audit to read. Package os
// would first start a child of its own, to see whether the kernel knows pidfds, which we have no use for.
func (e *Engine) spawn(id string) (*supervisor, error) {
	ours, theirs, err := wire.Pair()
	if err != nil {
		return nil, fmt.Errorf("start the shim: %w", err)
	}
	defer theirs.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the shim: %w", err), ours.Close())
	}
	defer null.Close()
	attr := &syscall.ProcAttr{
		Dir:   "/", // so that it keeps no directory of somebody's busy
		Env:   append([]string{shimEnv}, os.Environ()...),
		Files: []uintptr{null.Fd(), null.Fd(), null.Fd(), theirs.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true}, // Ctrl-C and the end of the terminal are not for the shim
	}
	pid := 0
	err = kernel.WithGivenSlack(func() (err error) {
		pid, err = syscall.ForkExec(e.Runtime, []string{wire.Title + ShortID(id), e.State}, attr)
		return err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the shim %s: %w (glassbox-oci must lie beside glassbox)", e.Runtime, err), ours.Close())
	}
	return &supervisor{conn: ours, pid: pid}, nil
}

// prepare tells the shim which container is its own. It does what can be done before there is a network.
func (s *supervisor) prepare(b wire.Birth) error {
	if err := s.conn.SendJSON(wire.Prepare, b); err != nil {
		return fmt.Errorf("tell the shim which container is its own: %w: is glassbox-oci of the same version?", err)
	}
	return nil
}

// enter lets the shim have the container born: its namespaces are there. Who has ended by then has said why, and begin will hear it.
func (s *supervisor) enter() error {
	s.entered = true
	if err := s.conn.Send(wire.Enter, nil); err != nil && !hasEnded(err) {
		return fmt.Errorf("let the shim make the container: %w", err)
	}
	return nil
}

// begin lets the shim run the program, and listens until that is so. When ctx ends, the next step that is told is answered
// with Quit. Where none is told any more it is too late: the container runs, and is not to lose its files and network. A shim that
// says nothing for too long is hung up on.
func (s *supervisor) begin(ctx context.Context, l explain.Listener) error {
	l = explain.All(l, quitWith(ctx))
	over := make(chan struct{})
	defer close(over)
	defer context.AfterFunc(ctx, func() {
		select {
		case <-over:
		case <-time.After(patience):
			s.conn.Close()
		}
	})()
	if !s.entered {
		if err := s.enter(); err != nil {
			return err
		}
	}
	if err := s.conn.Send(wire.Start, nil); err != nil && !hasEnded(err) {
		return fmt.Errorf("let the shim start the container: %w", err)
	}
	for {
		kind, payload, err := s.conn.Receive()
		if hasEnded(err) {
			return errors.New("the shim ended before the container ran: is glassbox-oci of the same version?")
		}
		if err != nil {
			return fmt.Errorf("wait for the container: %w", err)
		}
		switch kind {
		case wire.Started:
			return nil
		case wire.Failed:
			return failure(payload)
		case wire.Told:
			if err := s.hear(payload, l); err != nil {
				return err
			}
		default:
			return fmt.Errorf("wait for the container: the shim sent a frame %q", kind)
		}
	}
}

// hasEnded tells from an error whether the other end has gone, with or without having read everything.
func hasEnded(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET)
}

func (s *supervisor) hear(payload []byte, l explain.Listener) error {
	var event explain.Event
	if err := json.Unmarshal(payload, &event); err != nil {
		return fmt.Errorf("hear what the runtime does: %w", err)
	}
	answer := l.Hear(event)
	if event.Done {
		return nil
	}
	return s.conn.SendJSON(wire.Answer, answer)
}

func failure(payload []byte) error {
	f := &wire.Failure{}
	if err := json.Unmarshal(payload, f); err != nil {
		return fmt.Errorf("read why the container failed: %w", err)
	}
	if f.Quit {
		return explain.ErrQuit
	}
	return f
}

// hangUp leaves the shim to itself.
func (s *supervisor) hangUp() error {
	err := s.conn.Close()
	go s.collect() // a caller that lives on must not collect zombies
	return err
}

// giveUp is for a shim whose container does not come to be: it ends when it hears so, or has failed itself. What it has opened lies in
// the live directory, which can be removed when it has gone.
func (s *supervisor) giveUp() error {
	err := s.conn.Close()
	gone := make(chan struct{})
	go func() {
		s.collect()
		close(gone)
	}()
	select {
	case <-gone:
	case <-time.After(patience):
		err = errors.Join(err, fmt.Errorf("the shim, process %d, does not end: 'glassbox audit' tells what it has left behind", s.pid))
	}
	return err
}

// end is for a shim that has nothing more to do, and is about to end.
func (s *supervisor) end() error {
	defer s.collect()
	return s.conn.Close()
}

func (s *supervisor) collect() {
	for err := error(unix.EINTR); err == unix.EINTR; {
		_, err = unix.Wait4(s.pid, nil, 0, nil)
	}
}
