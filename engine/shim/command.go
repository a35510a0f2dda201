// This file carries out what clients ask for with one frame: a signal, a pause, a change of what the shim was told at its start.
package shim

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/runtime/container"
)

func (s *shim) signal(payload []byte) error {
	var sign wire.Sign
	if err := json.Unmarshal(payload, &sign); err != nil {
		return fmt.Errorf("read the signal: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.ByHand = s.status.ByHand || sign.Last
	return s.send(sign)
}

// send is signal for those that hold the lock.
func (s *shim) send(sign wire.Sign) error {
	if sign.Last {
		s.will.stop()
	}
	if s.status.State == wire.Restarting {
		if sign.Last {
			return nil // there will be nobody to get it
		}
		return errors.New("the container is restarting: there is nobody to send a signal to")
	}
	err := s.life.container.Kill(unix.Signal(sign.Number), false)
	if sign.Last && errors.Is(err, container.ErrNotRunning) {
		return nil // it has just ended
	}
	if err == nil { // noted here, under the lock: the end that it may bring is noted after it
		s.note("kill", map[string]string{"signal": strconv.Itoa(sign.Number)})
	}
	if err == nil && sign.Last && s.status.Paused { // who is frozen does not hear the signal
		s.status.Paused = false
		if !s.frozen() {
			return nil // SIGKILL has thawed it
		}
		err = s.life.container.Resume()
	}
	return err
}

func (s *shim) frozen() bool { return s.life.container.Status() == "paused" }

// freeze stops every process of the container, or lets them go on.
func (s *shim) freeze(payload []byte) error {
	var freeze bool
	if err := json.Unmarshal(payload, &freeze); err != nil {
		return fmt.Errorf("read whether to freeze: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	do, action := s.life.container.Resume, "unpause"
	if freeze {
		do, action = s.life.container.Pause, "pause"
	}
	switch {
	case s.status.State != wire.Running:
		return errors.New("the container is restarting: wait until it is running")
	case freeze && s.status.Paused:
		return errors.New("the container is already paused")
	case !freeze && !s.status.Paused:
		return errors.New("the container is not paused")
	}
	if err := do(); err != nil {
		return err
	}
	s.status.Paused = freeze
	s.note(action, nil)
	return s.status.Write(s.birth.Dir)
}

// alter replaces the restart policy, or what events say of the container.
func (s *shim) alter(payload []byte) error {
	var change wire.Change
	if err := json.Unmarshal(payload, &change); err != nil {
		return fmt.Errorf("read what to change: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if change.Restart != nil {
		s.will.policy = *change.Restart
	}
	if change.About != nil {
		s.birth.About = change.About
	}
	return nil
}
