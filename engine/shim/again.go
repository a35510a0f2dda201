// This file starts a program again that has ended, after a while; and notes for the events what the shim sees.
package shim

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/event"
	"glassbox/engine/shim/wire"
)

// resurrect begins the next life, unless somebody stops the container meanwhile. trouble is what went wrong with the last one.
func (s *shim) resurrect(wait time.Duration, trouble error) bool {
	if trouble == nil {
		select {
		case <-time.After(wait):
			trouble = s.current().begin(s.birth, nil, cues{}, nil)
		case <-s.will.forgo:
			s.current().io.close()
			return s.abandon(nil)
		}
	}
	if trouble != nil {
		return s.abandon(trouble)
	}
	s.mu.Lock()
	s.status.Restarts++
	s.mu.Unlock()
	if err := s.begun(); err != nil {
		s.mu.Lock()
		s.status.Error = err.Error()
		s.mu.Unlock()
	}
	if s.isForgone() { // it was stopped while it was being born
		_ = s.current().container.Kill(unix.SIGKILL, false) // an error means that it has ended by itself
	}
	return true
}

func (s *shim) isForgone() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.will.forgone
}

// abandon makes the end that was to be followed by a life the last one.
func (s *shim) abandon(trouble error) (again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.State = wire.Ended
	if trouble != nil {
		s.status.ExitCode, s.status.Error = failure(trouble).Code, trouble.Error()
	}
	s.closeLog(false)
	if err := s.status.Write(s.birth.Dir); err != nil {
		s.status.Error = err.Error()
	}
	s.life.audience.end(s.status.ExitCode, false)
	return false
}

// noteSize tells of a terminal's size.
func (s *shim) noteSize(size wire.Size) {
	s.noteNow("resize", map[string]string{"height": fmt.Sprint(size.Rows), "width": fmt.Sprint(size.Columns)})
}

// noteNow is note for those that do not hold the lock.
func (s *shim) noteNow(action string, more map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(action, more)
}

// note writes an event. Nobody waits for an answer, so what goes wrong is told by inspect.
func (s *shim) note(action string, more map[string]string) {
	if s.birth.Events == "" {
		return
	}
	attributes := map[string]string{}
	for _, from := range []map[string]string{s.birth.About, more} {
		for name, value := range from {
			attributes[name] = value
		}
	}
	if err := event.Write(s.birth.Events, event.New("container", action, s.birth.ID, attributes)); err != nil {
		s.status.Error = err.Error()
	}
}
