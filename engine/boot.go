// This file brings containers back after a reboot: those that are to run always, and those that are to run unless they were
// stopped.
package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"glassbox/engine/shim/wire"
)

// Boot starts them and returns their names, the oldest first. A container that can not be started does not keep the others.
func (e *Engine) Boot(ctx context.Context) (started []string, err error) {
	ids, err := e.ids()
	if err != nil {
		return nil, err
	}
	var records []*Record
	var errs []error
	for _, id := range ids {
		r, err := e.readRecord(id)
		if err != nil {
			if !errors.As(err, new(*NotFound)) { // half made: for audit
				errs = append(errs, err)
			}
			continue
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b *Record) int { return a.Created.Compare(b.Created) })
	for _, r := range records {
		status, err := e.status(r.ID)
		if err == nil && isDue(r.Request.Upkeep.Restart, status) {
			if _, err = e.Start(ctx, r.ID, StartRequest{}); err == nil {
				started = append(started, r.Name)
			}
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("start container %s again: %w", r.Name, err))
		}
	}
	return started, errors.Join(errs...)
}

// isDue tells whether a container that does not run should.
func isDue(policy wire.Restart, s wire.Status) bool {
	if s.State != wire.Ended {
		return false
	}
	return policy.Name == "always" || policy.Name == "unless-stopped" && !s.ByHand
}
