// This file removes all containers that do not run.
package engine

import (
	"context"
	"errors"
	"time"

	api "github.com/moby/moby/api/types/container"
)

// PruneRequest chooses among the containers that do not run.
type PruneRequest struct {
	Until time.Time // only those made before; zero: all
	Pass  func(labels map[string]string) bool
}

// Prune removes containers that do not run, and tells how many bytes their files and logs had.
func (e *Engine) Prune(ctx context.Context, p PruneRequest) (api.PruneReport, error) {
	var report api.PruneReport
	list, err := e.List(ctx, ListRequest{All: true})
	if err != nil {
		return report, err
	}
	var errs []error
	for _, s := range list {
		ended := s.State == api.StateExited || s.State == api.StateCreated
		if !ended || !p.Until.IsZero() && !time.Unix(s.Created, 0).Before(p.Until) || p.Pass != nil && !p.Pass(s.Labels) {
			continue
		}
		size := treeSize(e.dir(s.ID))
		err := e.Remove(ctx, s.ID, RemoveRequest{})
		if errors.As(err, new(*NotFound)) {
			continue // somebody else was quicker
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		report.ContainersDeleted = append(report.ContainersDeleted, s.ID)
		report.SpaceReclaimed += uint64(size)
	}
	return report, errors.Join(errs...)
}
