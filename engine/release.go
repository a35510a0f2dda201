// This file is what happens when a container has ended: everything that a stopped container does not need is taken back (the
// mount, the network, the lease), and what it does need is kept (its files, its log, how it ended). With --rm nothing is.
//
// The journal of the start, read backwards, knows what to take back; so this is the same whether the container ended well, its
// shim was killed, or the engine was in the middle of starting it. Doing it twice does no harm.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/cni"
	"glassbox/kernel/nft"
)

// Release cleans up after a container that has ended. The shim calls it through the hidden command `glassbox release ID` when
// nobody else is there to do it. A container that is gone already, with --rm, needs no cleaning.
func (e *Engine) Release(ctx context.Context, id string) error {
	record, unlock, err := e.lockContainer(id)
	if errors.As(err, new(*NotFound)) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	return e.settle(record)
}

// settle is Release for those that hold the lock. It waits for a shim that is cleaning up just now, and does the shim's part if
// it was killed.
func (e *Engine) settle(r *Record) error {
	if _, err := os.Stat(e.live(r.ID)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := wire.AwaitDeath(e.live(r.ID)); err != nil {
		return err
	}
	if err := e.endRuntime(r.ID); err != nil {
		return err
	}
	if err := e.takeBack(r.ID); err != nil {
		return err
	}
	return e.lastRites(r, RemoveRequest{Volumes: true})
}

// releaseBeside cleans up while the shim cleans up, too, and ends when both are done. With --rm the container is gone then, but for its
// files: the shim removes those while whoever has waited for the end goes on.
func (e *Engine) releaseBeside(s *supervisor, id string) error {
	record, unlock, err := e.lockContainer(id)
	if err != nil {
		return errors.Join(err, s.released())
	}
	defer unlock()
	if err := errors.Join(e.takeBack(id), s.released()); err != nil {
		return err
	}
	return e.lastRites(record, RemoveRequest{Volumes: true, beside: true})
}

// takeBack undoes the start.
func (e *Engine) takeBack(id string) error {
	end, err := e.readSandbox(id)
	if err != nil {
		return err
	}
	if err := kernel.UndoJournal(e.live(id, journalFile), inverses()...); err != nil {
		return fmt.Errorf("release container %s: %w", ShortID(id), err)
	}
	return e.releaseAddresses(end)
}

// inverses lists what a journal of ours may hold.
func inverses() []explain.Op { return slices.Concat(kernel.Inverses(), nft.Inverses(), cni.Inverses()) }

// lastRites moves what stays from the live directory to the container's own, and removes the former; with --rm, both, as it is wanted.
func (e *Engine) lastRites(r *Record, want RemoveRequest) error {
	end, err := e.readSandbox(r.ID)
	if err == nil {
		err = e.emitUses(r, end, "disconnect", "unmount")
	}
	if err != nil {
		return err
	}
	if r.Request.AutoRemove {
		return e.delete(context.Background(), r, want)
	}
	status, err := e.status(r.ID)
	if err != nil {
		return err
	}
	if status.State == wire.Created { // it never ran
		err = (kernel.Remove{Path: e.dir(r.ID, configFile)}).Do()
	} else {
		err = status.Write(e.dir(r.ID))
	}
	if err != nil {
		return err
	}
	if err := moveFile(e.live(r.ID, wire.HealthFile), e.dir(r.ID, wire.HealthFile)); err != nil {
		return fmt.Errorf("keep the checkups: %w", err)
	}
	if err := moveFile(e.live(r.ID, storyFile), e.dir(r.ID, lastStoryFile)); err != nil {
		return fmt.Errorf("keep the story: %w", err)
	}
	return e.closeLive(r.ID)
}

// moveFile also works between file systems, unlike rename(2). A file that is not there is no loss.
func moveFile(from, to string) error {
	data, err := os.ReadFile(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

func (e *Engine) closeLive(id string) error {
	if err := (kernel.RemoveTree{Path: e.live(id)}).Do(); err != nil { // never through a mount into a volume
		return fmt.Errorf("remove the live directory: %w", err)
	}
	return e.endBare()
}
