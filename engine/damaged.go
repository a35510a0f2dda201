// This file deals with records that can not be read: a disk was full, a person has edited one, a newer glassbox wrote it. One such
// container must not hide the others, nor be taken for a leak: its files are still there.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/kernel"
)

// Damaged is the error of a record that is there and can not be read.
type Damaged struct {
	ID, Path string
	Why      error
}

func (d *Damaged) Error() string {
	return fmt.Sprintf("container %s: its record %s can not be read: %v: mend it, or remove the container with all its files: glassbox rm -f %s",
		ShortID(d.ID), d.Path, d.Why, ShortID(d.ID))
}

func (d *Damaged) Unwrap() error { return d.Why }

// discard removes a container whose record nobody can read, with all its files. Its volumes stay: only the record knew them.
func (e *Engine) discard(ctx context.Context, id string) error {
	if wire.Alive(e.live(id)) {
		if err := e.ask(id, wire.Signal, wire.Sign{Number: int(unix.SIGKILL), Last: true}); err != nil {
			return err
		}
		if err := e.outlive(ctx, id); err != nil {
			return err
		}
	}
	unlock, err := lockDir(e.dir(id))
	if err != nil {
		return err
	}
	defer unlock()
	if exists(filepath.Join(e.runtimeRoot(), id)) {
		err = e.endRuntime(id)
	}
	if err = errors.Join(err, e.takeBack(id)); err != nil {
		return err
	}
	if err := e.closeLive(id); err != nil {
		return err
	}
	if err := (kernel.RemoveTree{Path: e.dir(id)}).Do(); err != nil {
		return fmt.Errorf("remove container %s: %w", ShortID(id), err)
	}
	list, err := names(filepath.Join(e.Root, "names"))
	for _, name := range list {
		if owner, readErr := os.Readlink(e.nameFile(name)); readErr == nil && owner == id {
			err = errors.Join(err, e.disclaim(name, id))
		}
	}
	return err
}

// damagedRecords are listed, and not taken back: what they belong to is a person's to decide.
func (e *Engine) damagedRecords(o owners) ([]Leak, error) {
	var leaks []Leak
	for _, d := range o.damaged {
		leaks = append(leaks, Leak{Kind: "record", Object: d.Path, Why: "it can not be read: " + d.Why.Error(), Remedy: "glassbox rm -f " + ShortID(d.ID),
			fix: func() error { return d }})
	}
	return leaks, nil
}
