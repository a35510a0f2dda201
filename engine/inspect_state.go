// This file tells how a container fares in the words of Docker's API.
package engine

import (
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	api "github.com/moby/moby/api/types/container"

	"glassbox/engine/shim/wire"
)

func stateOf(s wire.Status) *api.State {
	return &api.State{
		Status: stateName(s), Running: s.State == wire.Running || s.State == wire.Restarting, Paused: s.Paused,
		Restarting: s.State == wire.Restarting, OOMKilled: s.OOMKilled, Pid: s.PID, ExitCode: s.ExitCode, Error: s.Error,
		StartedAt: s.Started.Format(time.RFC3339Nano), FinishedAt: s.Finished.Format(time.RFC3339Nano),
	}
}

func stateName(s wire.Status) api.ContainerState {
	if s.Paused {
		return api.StatePaused
	}
	return api.ContainerState(s.State)
}

func restartPolicy(r wire.Restart) api.RestartPolicy {
	return api.RestartPolicy{Name: api.RestartPolicyMode(orElse(r.Name, "no")), MaximumRetryCount: r.Max}
}

// addHealth adds how the container is asked after its health, and what it has answered.
func (e *Engine) addHealth(d *Details, r *Record, s wire.Status, image v1.Config) error {
	h := askedHealth(r.Request.Upkeep.Health, image.Healthcheck)
	if h == nil {
		return nil
	}
	d.Config.Healthcheck = &api.HealthConfig{
		Test: h.Test, Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, StartInterval: h.StartInterval, Retries: h.Retries,
	}
	if s.Health == "" {
		return nil // never started
	}
	d.State.Health = &api.Health{Status: api.HealthStatus(s.Health), FailingStreak: s.Failing, Log: []*api.HealthcheckResult{}}
	list, err := wire.ReadHealth(e.live(r.ID))
	if err == nil && list == nil {
		list, err = wire.ReadHealth(e.dir(r.ID))
	}
	for _, c := range list {
		d.State.Health.Log = append(d.State.Health.Log, &api.HealthcheckResult{Start: c.Start, End: c.End, ExitCode: c.ExitCode, Output: c.Output})
	}
	return err
}
