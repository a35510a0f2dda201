// This file asks a container how it fares: a program is run in it now and then, and its exit code is the answer. Several
// failures in a row mean "unhealthy". Nothing is done about it: that is for whoever watches the events.
package shim

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
)

const (
	starting  = "starting"
	healthy   = "healthy"
	unhealthy = "unhealthy"

	checkups      = 5    // so many are kept
	longestAnswer = 4096 // bytes of the output of one
)

// watchHealth asks until the life is over.
func (s *shim) watchHealth(l *life, h *wire.Health) {
	var log []wire.Checkup
	for {
		select {
		case <-l.over:
			return
		case <-time.After(s.untilNext(l, h)):
		}
		if s.isPaused() {
			continue
		}
		c := s.checkup(l, h)
		select {
		case <-l.over: // its answer says nothing any more
			return
		default:
		}
		if log = append(log, c); len(log) > checkups {
			log = log[1:]
		}
		s.diagnose(l, h, c, log)
	}
}

func (s *shim) isPaused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.status.Paused
}

// untilNext is shorter while the container starts.
func (s *shim) untilNext(l *life, h *wire.Health) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.status.Health == starting && time.Since(l.began) < h.StartPeriod {
		return h.StartInterval
	}
	return h.Interval
}

// diagnose draws the conclusion from an answer. While the container starts, a failure says nothing yet.
func (s *shim) diagnose(l *life, h *wire.Health, c wire.Checkup, log []wire.Checkup) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.status.Health
	switch {
	case c.ExitCode == 0:
		s.status.Health, s.status.Failing = healthy, 0
	case before == starting && c.Start.Sub(l.began) < h.StartPeriod:
	default:
		if s.status.Failing++; s.status.Failing >= h.Retries {
			s.status.Health = unhealthy
		}
	}
	err := wire.WriteHealth(s.birth.Dir, log)
	if err == nil {
		err = s.status.Write(s.birth.Dir)
	}
	if err != nil {
		s.status.Error = fmt.Sprintf("keep the state of health: %v", err)
	}
	if s.status.Health != before {
		s.note("health_status: "+s.status.Health, nil)
	}
}

// checkup asks once.
func (s *shim) checkup(l *life, h *wire.Health) wire.Checkup {
	c := wire.Checkup{Start: time.Now(), ExitCode: -1}
	answer := &answer{}
	code, err := s.ask(l, h, answer)
	c.End, c.Output = time.Now(), string(answer.text)
	switch {
	case err != nil:
		c.Output = err.Error()
	case code < 0:
		c.Output = fmt.Sprintf("Health check exceeded timeout (%v): %s", h.Timeout, c.Output)
	default:
		c.ExitCode = code
	}
	return c
}

// ask runs the program and kills it when it takes too long: then the code is -1.
func (s *shim) ask(l *life, h *wire.Health, answer *answer) (code int, err error) {
	id, err := programID()
	if err != nil {
		return 0, err
	}
	command := strings.Join(h.Process.Args, " ")
	s.noteNow("exec_create: "+command, map[string]string{"execID": id})
	io, err := newStdio(false, false)
	if err != nil {
		return 0, err
	}
	process, err := startIn(l, h.Process, io)
	if err != nil {
		io.close()
		return 0, err
	}
	s.noteNow("exec_start: "+command, map[string]string{"execID": id})
	a := newAudience(answer, &s.delivered)
	io.flow(a)
	late := time.AfterFunc(h.Timeout, func() {
		_ = process.Signal(unix.SIGKILL) // an error means that it has just ended
	})
	status, err := process.Wait()
	inTime := late.Stop()
	io.settle(a)
	s.noteNow("exec_die", map[string]string{"execID": id, "exitCode": fmt.Sprint(exitCode(status))})
	if !inTime {
		return -1, err
	}
	return exitCode(status), err
}

// programID is drawn for a program that no client has asked for.
func programID() (string, error) {
	var b [32]byte
	if _, err := unix.Getrandom(b[:], 0); err != nil {
		return "", fmt.Errorf("getrandom: %w", err)
	}
	return fmt.Sprintf("%x", b), nil
}

// answer is a sink that keeps the beginning of what a checkup says.
type answer struct{ text []byte }

func (a *answer) write(_ wire.Kind, data []byte) error {
	a.text = append(a.text, data[:min(len(data), longestAnswer-len(a.text))]...)
	return nil
}
func (a *answer) settle() error   { return nil }
func (a *answer) close() error    { return nil }
func (a *answer) dropped() uint64 { return 0 }
