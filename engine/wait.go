// This file waits for containers to end.
package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/moby/moby/api/types/events"

	"glassbox/engine/shim/wire"
)

// The conditions that Wait knows, Docker's.
const (
	UntilStopped  = "not-running" // also when empty: at once if it does not run
	UntilNextExit = "next-exit"
	UntilRemoved  = "removed"
)

// Wait returns the exit code of a container as soon as the condition is met.
func (e *Engine) Wait(ctx context.Context, ref, condition string) (exitCode int, err error) {
	begin := time.Now()
	r, err := e.find(ref)
	if err != nil {
		return 0, err
	}
	switch condition {
	case "", UntilStopped:
		return e.await(ctx, r.ID)
	case UntilNextExit, UntilRemoved:
		return e.awaitEvent(ctx, r.ID, condition, begin)
	}
	return 0, fmt.Errorf("invalid condition: %q: use %s, %s or %s", condition, UntilStopped, UntilNextExit, UntilRemoved)
}

// errHeard ends the reading of events: the one that was waited for has come.
var errHeard = errors.New("heard")

// awaitEvent waits for what happens after begin: the end of the program, or the end of the container.
func (e *Engine) awaitEvent(ctx context.Context, id, condition string, begin time.Time) (code int, err error) {
	err = e.Events(ctx, EventsRequest{Since: begin}, func(m events.Message) error {
		switch {
		case m.Actor.ID != id:
			return nil
		case m.Action == events.ActionDie:
			code, err = strconv.Atoi(m.Actor.Attributes["exitCode"])
			if err == nil && condition == UntilNextExit {
				err = errHeard
			}
			return err
		case m.Action == events.ActionDestroy:
			return errHeard
		}
		return nil
	})
	switch {
	case errors.Is(err, errHeard):
		return code, nil
	case err == nil:
		err = context.Cause(ctx)
	}
	return 0, err
}

// await returns the exit code at the next end of the container's program; of one that has ended, its last.
func (e *Engine) await(ctx context.Context, id string) (int, error) {
	conn, err := wire.Dial(e.live(id))
	if err == nil {
		defer conn.Close()
		if err = conn.Send(wire.Wait, nil); err == nil {
			var code int
			if code, err = once(converse(ctx, conn, Streams{})); err == nil || ctx.Err() != nil {
				return code, err
			}
		}
	}
	// It ended while we tried, or has ended long ago, or nobody knows.
	status, statusErr := e.status(id)
	if statusErr == nil && status.State == wire.Running && status.Shim == 0 {
		if r, recordErr := e.readRecord(id); recordErr == nil {
			return 0, unattended(r)
		}
	}
	if statusErr != nil || status.Supervised() || status.State == wire.Running {
		return 0, errors.Join(err, statusErr)
	}
	return status.ExitCode, nil
}

// outlive returns when no shim looks after the container any more.
func (e *Engine) outlive(ctx context.Context, id string) error {
	conn, err := wire.Dial(e.live(id))
	if err != nil {
		return nil // there is none
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if conn.Send(wire.Stay, nil) == nil {
		_, _, _ = conn.Receive() // the end of the connection is all there is to learn
	}
	return context.Cause(ctx)
}
