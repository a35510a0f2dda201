// This file connects a caller with a program: what is typed goes in, what is written comes out, until it ends.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/engine/shim/wire"
	"glassbox/kernel/quickjson"
)

// stay passes streams until the container has ended, and cleans up then: the shim does its half meanwhile.
func (e *Engine) stay(ctx context.Context, r *Record, s *supervisor, streams Streams) (exitCode int, err error) {
	code, err := converse(ctx, s.conn, streams)
	if errors.Is(err, errReturns) {
		return code, s.hangUp() // it has ended once, and there is nothing to clean up yet
	}
	if err != nil {
		return 0, errors.Join(err, s.hangUp())
	}
	if err := e.releaseBeside(s, r.ID); err != nil {
		return code, errors.Join(err, s.hangUp())
	}
	if r.Request.AutoRemove {
		return code, s.hangUp() // it has the files to remove, still
	}
	return code, s.end()
}

// Attach connects a caller with a container that runs, beside those who are connected already.
func (e *Engine) Attach(ctx context.Context, ref string, streams Streams) (exitCode int, err error) {
	r, err := e.find(ref)
	if err != nil {
		return 0, err
	}
	status, err := e.status(r.ID)
	if err != nil {
		return 0, err
	}
	if err := canJoin(r, status); err != nil {
		return 0, err
	}
	conn, err := wire.Dial(e.live(r.ID))
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	if err := conn.Send(wire.Attach, nil); err != nil {
		return 0, fmt.Errorf("attach to %s: %w", r.Name, err)
	}
	if err := e.emitContainer(r, "attach", nil); err != nil {
		return 0, err
	}
	exitCode, err = once(converse(ctx, conn, streams))
	if ctx.Err() != nil {
		err = errors.Join(err, e.emitContainer(r, "detach", nil))
	}
	return exitCode, err
}

// errReturns says that a program has ended and will be started again.
var errReturns = errors.New("the program will be started again")

// once is for those who want to know of one end alone, not of what comes after it.
func once(exitCode int, err error) (int, error) {
	if errors.Is(err, errReturns) {
		err = nil
	}
	return exitCode, err
}

// released tells the shim that we have cleaned up, and waits until it has done its own part.
func (s *supervisor) released() error {
	if err := s.conn.Send(wire.Released, nil); err != nil {
		return fmt.Errorf("tell the shim that the container is released: %w", err)
	}
	if _, _, err := s.conn.Receive(); err != nil { // Done
		return fmt.Errorf("wait for the shim to clean up: was it killed? ('glassbox audit' tells): %w", err)
	}
	return nil
}

// converse returns the exit code. When ctx ends it hangs up; the program goes on without us.
func converse(ctx context.Context, conn *wire.Conn, streams Streams) (exitCode int, err error) {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	done := make(chan struct{})
	defer close(done)
	if streams.Stdin != nil {
		go feed(conn, streams.Stdin)
	}
	if streams.Size != nil {
		go resize(conn, streams.Size, done)
	}
	for {
		kind, payload, err := conn.Receive()
		if ctx.Err() != nil {
			return 0, context.Cause(ctx)
		}
		if err != nil {
			return 0, fmt.Errorf("the shim hung up before the program ended: was it killed? ('glassbox audit' tells): %w", err)
		}
		switch kind {
		case wire.Output:
			err = write(streams.Stdout, payload)
		case wire.Errput:
			err = write(streams.Stderr, payload)
		case wire.Failed:
			err = failure(payload)
		case wire.Exited:
			err = quickjson.Unmarshal(payload, &exitCode)
			return exitCode, err
		case wire.Returns:
			if err = quickjson.Unmarshal(payload, &exitCode); err == nil {
				err = errReturns
			}
			return exitCode, err
		}
		if err != nil {
			return 0, err
		}
	}
}

func write(w io.Writer, data []byte) error {
	if w == nil {
		return nil
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("pass the program's output on: %w", err)
	}
	return nil
}

// feed sends what is typed. It ends with its input, or at the first send after the conversation: a read can not be broken off.
func feed(conn *wire.Conn, stdin io.Reader) {
	buf := make([]byte, 32<<10)
	for {
		n, err := stdin.Read(buf)
		if n > 0 && conn.Send(wire.Input, buf[:n]) != nil {
			return
		}
		if err != nil {
			// The program reads an end of file. If the shim has gone, so has the program.
			_ = conn.Send(wire.Input, nil)
			return
		}
	}
}

func resize(conn *wire.Conn, sizes <-chan Size, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case size := <-sizes:
			if conn.SendJSON(wire.Resize, wire.Size(size)) != nil {
				return
			}
		}
	}
}

// firstSize takes the size that is known before the start, so that the program never sees a terminal of no size at all.
func (s Streams) firstSize() *specs.Box {
	select {
	case size := <-s.Size:
		return &specs.Box{Height: uint(size.Rows), Width: uint(size.Columns)}
	default:
		return nil
	}
}
