// This file freezes containers and lets them go on. The shim does it, for it must know: who is frozen is not asked after its
// health, and does not hear a signal.
package engine

import (
	"context"
	"fmt"

	"glassbox/engine/shim/wire"
)

// Pause freezes every process of a container.
func (e *Engine) Pause(ctx context.Context, ref string) error { return e.freeze(ref, true) }

// Unpause lets them go on.
func (e *Engine) Unpause(ctx context.Context, ref string) error { return e.freeze(ref, false) }

func (e *Engine) freeze(ref string, freeze bool) error {
	r, err := e.find(ref)
	if err != nil {
		return err
	}
	status, err := e.status(r.ID)
	switch {
	case err != nil:
		return err
	case status.State == wire.Running && status.Shim == 0:
		return unattended(r)
	case status.State != wire.Running:
		return fmt.Errorf("container %s is not running", r.Name)
	case freeze && status.Paused:
		return fmt.Errorf("container %s is already paused", r.Name)
	case !freeze && !status.Paused:
		return fmt.Errorf("container %s is not paused", r.Name)
	}
	if err := e.ask(r.ID, wire.Freeze, freeze); err != nil {
		return fmt.Errorf("freeze or thaw container %s: %w", r.Name, err)
	}
	return nil
}
