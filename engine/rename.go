// This file gives a container another name.
package engine

import (
	"context"
	"errors"
	"fmt"

	"glassbox/engine/shim/wire"
)

// Rename changes the name of a container, running or not.
func (e *Engine) Rename(ctx context.Context, ref, name string) error {
	found, err := e.find(ref)
	if err != nil {
		return err
	}
	r, unlock, err := e.lockContainer(found.ID)
	if err != nil {
		return err
	}
	defer unlock()
	if err := checkName(name); err != nil {
		return err
	}
	if name == r.Name {
		return fmt.Errorf("rename container %s: that is its name already", name)
	}
	if err := e.claim(name, r.ID); err != nil {
		return err
	}
	old := r.Name
	r.Name = name
	if err := e.writeRecord(r); err != nil {
		return errors.Join(err, e.disclaim(name, r.ID))
	}
	return errors.Join(e.disclaim(old, r.ID), e.enterNames(r), e.alter(r, wire.Change{About: about(r)}),
		e.emitContainer(r, "rename", map[string]string{"oldName": "/" + old}))
}

// alter tells a shim, if there is one, what has changed.
func (e *Engine) alter(r *Record, c wire.Change) error {
	status, err := e.status(r.ID)
	if err != nil || !status.Supervised() {
		return err
	}
	return e.ask(r.ID, wire.Alter, c)
}
