// This file notes what happens, for `glassbox events`, and tells it. Everybody who changes something calls emit when it is done.
package engine

import (
	"context"
	"maps"
	"path/filepath"
	"time"

	"github.com/moby/moby/api/types/events"

	"glassbox/engine/shim/event"
)

func (e *Engine) eventDir() string { return filepath.Join(e.Root, "events") }

// emit notes that something has happened: kind is "container", "image", "volume" or "network", the rest is Docker's.
func (e *Engine) emit(kind, action, id string, attributes map[string]string) error {
	return event.Write(e.eventDir(), event.New(kind, action, id, attributes))
}

// emitContainer adds what every event of a container says: its name, its image and its labels.
func (e *Engine) emitContainer(r *Record, action string, more map[string]string) error {
	attributes := about(r)
	maps.Copy(attributes, more)
	return e.emit("container", action, r.ID, attributes)
}

func about(r *Record) map[string]string {
	attributes := map[string]string{}
	maps.Copy(attributes, r.labels())
	attributes["name"], attributes["image"] = r.Name, r.Request.Image
	return attributes
}

// EventsRequest chooses events.
type EventsRequest struct {
	Since, Until time.Time // zero: no bound; without Since only what happens from now on
	Pass         func(events.Message) bool
}

// Events calls hear for each event that passes, until Until, the end of ctx, or an error of hear.
func (e *Engine) Events(ctx context.Context, r EventsRequest, hear func(events.Message) error) error {
	if r.Since.IsZero() {
		r.Since = time.Now()
	}
	follow := r.Until.IsZero() || r.Until.After(time.Now())
	if !r.Until.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, r.Until)
		defer cancel()
	}
	var heard error
	err := event.Read(ctx, e.eventDir(), follow, func(got event.Event) bool {
		at := time.Unix(0, got.TimeNano)
		if at.Before(r.Since) || !r.Until.IsZero() && at.After(r.Until) {
			return true
		}
		if m := message(got); r.Pass == nil || r.Pass(m) {
			heard = hear(m)
		}
		return heard == nil
	})
	if heard != nil {
		return heard
	}
	return err
}

// message is the same event in the type of Docker's API, which the small program of the shim can not afford.
func message(e event.Event) events.Message {
	return events.Message{
		Type: events.Type(e.Type), Action: events.Action(e.Action), Scope: e.Scope, Time: e.Time, TimeNano: e.TimeNano,
		Actor: events.Actor{ID: e.Actor.ID, Attributes: e.Actor.Attributes},
	}
}
