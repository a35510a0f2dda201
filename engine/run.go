// This file is `glassbox run`: create and start in one, and then, in the foreground, stay until the end.
package engine

import (
	"context"
	"errors"
)

// Run makes a container and runs it. If it can not be started, nothing of it stays.
func (e *Engine) Run(ctx context.Context, r RunRequest) (Result, error) {
	id := e.newID()
	s, err := e.spawn(id) // it takes as long to start up as we need to look at the request
	if err != nil {
		return Result{}, err
	}
	r.Ready.wait()
	n, err := e.create(ctx, id, r.Request, r.Listener)
	if err != nil {
		return Result{}, errors.Join(err, s.giveUp())
	}
	result := Result{ID: n.ID}
	n.size = r.Streams.firstSize()
	if err := e.start(ctx, n, s, r.Listener, !r.Detach); err != nil {
		err = errors.Join(err, e.delete(context.Background(), n.Record, RemoveRequest{Volumes: true}))
		n.unlock()
		return result, err
	}
	n.unlock()
	if r.Started != nil {
		r.Started(n.ID)
	}
	if r.Detach {
		return result, s.hangUp()
	}
	result.ExitCode, err = e.stay(ctx, n.Record, s, r.Streams)
	return result, err
}
