// This file removes containers.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/kernel"
)

// RemoveRequest says how a container is removed.
type RemoveRequest struct {
	Force    bool // also one that runs: it is killed first
	Volumes  bool // with the volumes that nobody has named
	Listener explain.Listener

	beside bool // somebody else removes the files, when the record is gone
}

// Remove deletes a container that does not run.
func (e *Engine) Remove(ctx context.Context, ref string, want RemoveRequest) error {
	r, err := e.find(ref)
	if damaged := (*Damaged)(nil); want.Force && errors.As(err, &damaged) {
		return e.discard(ctx, damaged.ID)
	}
	if err != nil {
		return err
	}
	if err := e.endFirst(ctx, r, want.Force); err != nil {
		return err
	}
	r, unlock, err := e.lockContainer(r.ID)
	if want.Force && errors.As(err, new(*NotFound)) {
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
	return e.delete(ctx, r, want) // with --rm settle has done it; twice does no harm
}

// endFirst makes sure that a container which is to be removed does not run.
func (e *Engine) endFirst(ctx context.Context, r *Record, force bool) error {
	supervised, err := e.mayRemove(r, force)
	if err != nil || !supervised {
		return err // where a shim was killed, settle ends the program
	}
	return e.end(ctx, r, unix.SIGKILL, -1)
}

// mayRemove refuses a container that runs, without force.
func (e *Engine) mayRemove(r *Record, force bool) (supervised bool, err error) {
	status, err := e.status(r.ID)
	if err == nil && !force && (status.Supervised() || status.State == wire.Running) {
		err = fmt.Errorf("container %s is running: stop it first, or use rm -f", r.Name)
	}
	return status.Supervised(), err
}

// delete removes all that is kept of a container. The name goes last: while the record is there, it is taken. Volumes go
// first: while there is a record, whoever takes up the removal of a container knows of them.
func (e *Engine) delete(ctx context.Context, r *Record, want RemoveRequest) error {
	if err := e.closeLive(r.ID); err != nil {
		return err
	}
	if want.Volumes {
		if err := e.removeAnonymous(ctx, r, want.Listener); err != nil {
			return err
		}
	}
	there := exists(e.dir(r.ID))
	var err error
	disclaim := os.Remove
	if want.beside {
		err = (kernel.Remove{Path: e.dir(r.ID, recordFile)}).Do()
		// It goes with the files: a disk takes its time to free a block, and here somebody waits.
		disclaim = func(link string) error { return os.Rename(link, e.dir(r.ID, "name")) }
	} else {
		err = carry(ctx, want.Listener, e.deletePlan(r))
	}
	if err != nil {
		return fmt.Errorf("remove container %s: %w", r.Name, err)
	}
	err = e.disclaimBy(disclaim, r.Name, r.ID)
	if err == nil && there {
		err = e.emitContainer(r, "destroy", nil)
	}
	return err
}

func (e *Engine) deletePlan(r *Record) []explain.Step {
	return []explain.Step{explain.Say("Remove the container's files", "what it changed, its log and its record; the layers of its image and its volumes stay", "03",
		kernel.RemoveTree{Path: e.dir(r.ID)}).Kept("the container would be there, still")}
}

// RemovePlan tells how a container would be removed, once it has ended.
func (e *Engine) RemovePlan(ref string, want RemoveRequest) ([]explain.Step, error) {
	r, err := e.find(ref)
	if err == nil {
		_, err = e.mayRemove(r, want.Force)
	}
	if err != nil {
		return nil, err
	}
	var plan []explain.Step
	if want.Volumes {
		names, err := e.anonymousOf(r)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			plan = append(plan, e.volumes().RemovePlan(name, false)...)
		}
	}
	return append(plan, e.deletePlan(r)...), nil
}
