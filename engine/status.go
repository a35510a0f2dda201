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

// lostCode is the exit code of a container whose shim was killed, or the machine: nobody was there to learn the true one.
const lostCode = 255

// status is true even if the shim was killed: what a dead shim has written is checked.
func (e *Engine) status(id string) (wire.Status, error) {
	s, ok, err := wire.ReadStatus(e.live(id))
	if err == nil && ok && s.Supervised() && !wire.Alive(e.live(id)) {
		return e.orphan(id)
	}
	if err != nil || ok {
		return s, err
	}
	s, ok, err = wire.ReadStatus(e.dir(id))
	if err != nil || ok {
		return s, err
	}
	s.State = wire.Created
	if exists(e.dir(id, configFile)) && !exists(e.live(id)) {
		return lost(s, "the machine was restarted while it ran"), nil
	}
	return s, nil
}

func lost(s wire.Status, why string) wire.Status {
	s.State, s.PID, s.Shim, s.ExitCode = wire.Ended, 0, 0, lostCode
	s.Error = why + ", so the exit code is unknown"
	return s
}

// unattended is the answer to whoever wants something of a shim that was killed, while the program lives on.
func unattended(r *Record) error {
	return fmt.Errorf("container %s runs, but its shim was killed: 'glassbox restart %s' brings it back, 'glassbox rm -f %s' ends it", r.Name, r.Name, r.Name)
}

// orphan is the status of a container without a shim. Its program may live on; it has nobody left to talk to.
func (e *Engine) orphan(id string) (wire.Status, error) {
	// Read again: the shim may have ended well, and the directory may be gone, since its status was read.
	s, ok, err := wire.ReadStatus(e.live(id))
	switch {
	case err != nil:
		return s, err
	case !ok:
		return e.status(id)
	case !s.Supervised():
		return s, nil
	}
	s.Shim = 0
	if s.State == wire.Created {
		return s, nil
	}
	c, err := container.Load(e.runtimeRoot(), id)
	if err != nil && !errors.Is(err, container.ErrNotFound) {
		return s, fmt.Errorf("look at container %s, whose shim was killed: %w", ShortID(id), err)
	}
	s.Paused = false // nobody knows
	if err == nil && c.Status() != specs.StateStopped {
		s.Error = "its shim was killed: 'glassbox rm -f' or 'glassbox audit --fix' ends it"
		return s, nil
	}
	return lost(s, "its shim was killed"), nil
}
