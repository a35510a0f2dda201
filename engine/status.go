// This file tells how a container fares. While it runs, its shim keeps the status in the live directory; when it has ended,
// Release puts it into the container's own.
package engine

import (
	"errors"
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/engine/shim/wire"
	"glassbox/runtime/container"
)

// created is the state before the first start; the others are in package wire.
const created = "created"

// lostCode is the exit code of a container whose shim was killed: nobody was there to learn the true one.
const lostCode = 255

// status is true even if the shim was killed: what a dead shim has written is checked.
func (e *Engine) status(id string) (wire.Status, error) {
	s, ok, err := wire.ReadStatus(e.live(id))
	if err == nil && ok && s.State == wire.Running && !wire.Alive(e.live(id)) {
		return e.orphan(id, s)
	}
	if err != nil || ok {
		return s, err
	}
	s, ok, err = wire.ReadStatus(e.dir(id))
	if err == nil && !ok {
		s.State = created
	}
	return s, err
}

// orphan is the status of a container without a shim. Its program may live on; it has nobody left to talk to.
func (e *Engine) orphan(id string, s wire.Status) (wire.Status, error) {
	// The shim may have ended well since its status was read.
	if again, ok, err := wire.ReadStatus(e.live(id)); err != nil || !ok || again.State != wire.Running {
		if !ok && err == nil {
			return e.status(id)
		}
		return again, err
	}
	s.Shim = 0
	c, err := container.Load(e.runtimeRoot(), id)
	if errors.Is(err, container.ErrNotFound) {
		return lost(s), nil
	}
	if err != nil {
		return s, fmt.Errorf("look at container %s, whose shim was killed: %w", ShortID(id), err)
	}
	if c.Status() != specs.StateStopped {
		s.Error = "its shim was killed: 'glassbox rm -f' or 'glassbox audit --fix' ends it"
		return s, nil
	}
	return lost(s), nil
}

func lost(s wire.Status) wire.Status {
	s.State, s.PID, s.ExitCode = wire.Ended, 0, lostCode
	s.Error = "its shim was killed, so the exit code is unknown"
	return s
}
