// This file lists containers, for `glassbox ps`.
package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/docker/go-units"

	"glassbox/engine/shim/wire"
	"glassbox/network"
)

// Summary is a container in a list.
type Summary struct {
	ID      string
	Name    string
	Image   string
	ImageID string
	Command []string
	Created time.Time
	State   string // created, running or exited
	Status  string // "Up 5 minutes", "Exited (0) 3 hours ago"
	Ports   []network.Port
	Labels  map[string]string
}

// List returns the running containers, or all of them, the newest first.
func (e *Engine) List(ctx context.Context, all bool) ([]Summary, error) {
	ids, err := e.ids()
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	var list []Summary
	for _, id := range ids {
		s, err := e.summary(id)
		if errors.As(err, new(*NotFound)) {
			continue // being made or removed at this moment
		}
		if err != nil {
			return nil, err
		}
		if all || s.State == wire.Running {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b Summary) int { return b.Created.Compare(a.Created) })
	return list, nil
}

func (e *Engine) summary(id string) (Summary, error) {
	r, err := e.readRecord(id)
	if err != nil {
		return Summary{}, err
	}
	status, err := e.status(id)
	if err != nil {
		return Summary{}, err
	}
	end, err := e.readEndpoint(id)
	if err != nil {
		return Summary{}, err
	}
	return Summary{
		ID: id, Name: r.Name, Image: r.Request.Image, ImageID: r.ImageID, Command: r.Args, Created: r.Created,
		State: status.State, Status: describe(status, time.Now()), Ports: end.Ports, Labels: r.Request.Labels,
	}, nil
}

// describe puts a status into words, Docker's.
func describe(s wire.Status, now time.Time) string {
	switch s.State {
	case wire.Running:
		text := "Up " + units.HumanDuration(now.Sub(s.Started))
		if s.Shim == 0 {
			text += " (its shim was killed)"
		}
		return text
	case wire.Ended:
		if s.Finished.IsZero() {
			return fmt.Sprintf("Exited (%d)", s.ExitCode) // nobody knows when
		}
		return fmt.Sprintf("Exited (%d) %s ago", s.ExitCode, units.HumanDuration(now.Sub(s.Finished)))
	}
	return "Created"
}
