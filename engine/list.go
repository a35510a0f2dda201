// This file lists containers, for `glassbox ps`, in the type of Docker's API.
package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
	api "github.com/moby/moby/api/types/container"

	"glassbox/engine/shim/wire"
	"glassbox/network"
)

// ListRequest chooses containers.
type ListRequest struct {
	All     bool
	Last    int // that many of the newest, running or not; 0: no bound
	Size    bool
	Filters Filters
}

// listed is a container in a list, with what filters want to know.
type listed struct {
	*Record
	status  wire.Status
	summary api.Summary
}

// List returns the running containers, or all of them, the newest first.
func (e *Engine) List(ctx context.Context, r ListRequest) ([]api.Summary, error) {
	found, err := e.everything()
	if err != nil {
		return nil, err
	}
	pass, err := passes(r.Filters, e.filter)
	if err != nil {
		return nil, err
	}
	all := r.All || r.Last > 0 || r.Filters.has("status", "exited")
	list := []api.Summary{}
	for _, c := range found {
		if !all && c.status.State != wire.Running && c.status.State != wire.Restarting || !pass(c) {
			continue
		}
		if r.Last > 0 && len(list) == r.Last {
			break
		}
		if r.Size {
			if c.summary.SizeRw, c.summary.SizeRootFs, err = e.sizes(c.Record); err != nil {
				return nil, err
			}
		}
		list = append(list, c.summary)
	}
	return list, nil
}

// everything reads all containers, the newest first.
func (e *Engine) everything() ([]listed, error) {
	ids, err := e.ids()
	if err != nil {
		return nil, fmt.Errorf("list containers: %w", err)
	}
	list := make([]listed, 0, len(ids))
	now := time.Now()
	for _, id := range ids {
		c, err := e.listed(id, now)
		if errors.As(err, new(*NotFound)) {
			continue // being made or removed at this moment
		}
		if errors.As(err, new(*Damaged)) {
			if e.Warn != nil {
				e.Warn(err.Error())
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(a, b listed) int { return b.Created.Compare(a.Created) })
	return list, nil
}

func (e *Engine) listed(id string, now time.Time) (listed, error) {
	r, err := e.readRecord(id)
	if err != nil {
		return listed{}, err
	}
	status, err := e.status(id)
	if err != nil {
		return listed{}, err
	}
	end, err := e.readSandbox(id)
	if err != nil {
		return listed{}, err
	}
	s := api.Summary{
		ID: id, Names: []string{"/" + r.Name}, Image: r.Request.Image, ImageID: r.ImageID, Command: quoted(r.Args),
		Created: r.Created.Unix(), State: stateName(status), Status: describe(status, now), Ports: portSummaries(end.Published()),
		Labels: r.labels(), Mounts: e.mountPoints(r),
		NetworkSettings: &api.NetworkSettingsSummary{Networks: networkSettings(end).Networks},
	}
	s.HostConfig.NetworkMode = orElse(r.Request.Network.Mode, string(network.ModeBridge))
	s.Health = &api.HealthSummary{Status: api.HealthStatus(orElse(status.Health, "none")), FailingStreak: status.Failing}
	return listed{Record: r, status: status, summary: s}, nil
}

// quoted shows where words with blanks begin and end.
func quoted(args []string) string {
	words := slices.Clone(args)
	for i, word := range words {
		if i > 0 && strings.Contains(word, " ") {
			words[i] = "'" + word + "'"
		}
	}
	return strings.Join(words, " ")
}

func portSummaries(ports []network.Port) []api.PortSummary {
	list := []api.PortSummary{}
	for _, p := range ports {
		ip, err := netip.ParseAddr(orElse(p.HostIP, "0.0.0.0"))
		if err != nil {
			continue // was checked when it was claimed
		}
		list = append(list, api.PortSummary{IP: ip, PrivatePort: p.Port, PublicPort: p.HostPort, Type: p.Proto})
	}
	return list
}

// describe puts a status into words, Docker's.
func describe(s wire.Status, now time.Time) string {
	switch s.State {
	case wire.Running:
		text := "Up " + units.HumanDuration(now.Sub(s.Started))
		switch {
		case s.Shim == 0:
			text += " (its shim was killed)"
		case s.Paused:
			text += " (Paused)"
		case s.Health == "starting":
			text += " (health: starting)"
		case s.Health != "":
			text += " (" + s.Health + ")"
		}
		return text
	case wire.Restarting:
		return fmt.Sprintf("Restarting (%d) %s ago", s.ExitCode, units.HumanDuration(now.Sub(s.Finished)))
	case wire.Ended:
		if s.Finished.IsZero() {
			return fmt.Sprintf("Exited (%d)", s.ExitCode) // nobody knows when
		}
		return fmt.Sprintf("Exited (%d) %s ago", s.ExitCode, units.HumanDuration(now.Sub(s.Finished)))
	}
	return "Created"
}
