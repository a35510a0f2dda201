// This file removes containers.
package engine

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/kernel"
)

// Remove deletes a container that does not run; with force also one that does, which is killed first; with volumes also those
// that nobody has named.
func (e *Engine) Remove(ctx context.Context, ref string, force, volumes bool) error {
	r, err := e.find(ref)
	if err != nil {
		return err
	}
	if err := e.endFirst(ctx, r, force); err != nil {
		return err
	}
	r, unlock, err := e.lockContainer(r.ID)
	if force && errors.As(err, new(*NotFound)) {
		return nil // it was a container of --rm, and its end was enough
	}
	if err != nil {
		return err
	}
	defer unlock()
	status, err := e.status(r.ID)
	if err != nil {
		return err
	}
	if status.Supervised() {
		return fmt.Errorf("container %s was started again: stop it before removing it, or use rm -f", r.Name)
	}
	if err := e.settle(r); err != nil {
		return err
	}
	return e.delete(r, volumes) // with --rm settle has done it; twice does no harm
}

// endFirst makes sure that a container which is to be removed does not run.
func (e *Engine) endFirst(ctx context.Context, r *Record, force bool) error {
	status, err := e.status(r.ID)
	if err != nil || !status.Supervised() && status.State != wire.Running {
		return err
	}
	if !force {
		return fmt.Errorf("container %s is running: stop it first, or use rm -f", r.Name)
	}
	if !status.Supervised() {
		return nil // its shim was killed; settle ends the program
	}
	return e.end(ctx, r, unix.SIGKILL, -1)
}

// delete removes all that is kept of a container. The name goes last: while the directory is there, it is taken. Volumes go
// first: while there is a record, whoever takes up the removal of a container knows of them.
func (e *Engine) delete(r *Record, volumes bool) error {
	if err := e.closeLive(r.ID); err != nil {
		return err
	}
	if volumes {
		if err := e.removeAnonymous(r); err != nil {
			return err
		}
	}
	there := exists(e.dir(r.ID))
	if err := (kernel.RemoveTree{Path: e.dir(r.ID)}).Do(); err != nil {
		return fmt.Errorf("remove container %s: %w", r.Name, err)
	}
	err := e.disclaim(r.Name, r.ID)
	if err == nil && there {
		err = e.emitContainer(r, "destroy", nil)
	}
	return err
}
