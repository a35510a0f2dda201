// This file measures again and again, for `glassbox stats`.
package engine

import (
	"context"
	"errors"
	"time"

	api "github.com/moby/moby/api/types/container"
)

// StatsRequest chooses containers: those that are named, or all that run at each moment.
type StatsRequest struct {
	Refs []string
	All  bool // those that do not run, too
	Once bool
}

// Sample is what a container uses, in the API's type; its PreCPUStats are those of the sample before.
type Sample struct {
	Ref string // what the caller calls it
	api.StatsResponse
}

// StatsStream calls hear every second, until the end of ctx or an error of hear.
func (e *Engine) StatsStream(ctx context.Context, r StatsRequest, hear func([]Sample) error) error {
	before, err := e.samples(ctx, r, nil)
	for err == nil {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second): // percentages need two measurements
		}
		var now []Sample
		if now, err = e.samples(ctx, r, before); err == nil {
			err = hear(now)
		}
		if r.Once {
			break
		}
		before = now
	}
	return err
}

func (e *Engine) samples(ctx context.Context, r StatsRequest, before []Sample) ([]Sample, error) {
	refs, named := r.Refs, len(r.Refs) > 0
	if !named {
		list, err := e.List(ctx, ListRequest{All: r.All})
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			refs = append(refs, s.ID)
		}
	}
	old := map[string]api.CPUStats{}
	for _, s := range before {
		old[s.ID] = s.CPUStats
	}
	var all []Sample
	for _, ref := range refs {
		s, err := e.Stats(ctx, ref)
		if !named && errors.As(err, new(*NotFound)) {
			continue // removed just now
		}
		if err != nil {
			return nil, err
		}
		s.PreCPUStats = old[s.ID]
		all = append(all, Sample{ref, s})
	}
	return all, nil
}
