// This file is the end of a container: the exit code, the cgroup's last words, the news to everybody, and who cleans up.
//
// Rule: whoever hears of the exit cleans up. That is the client which started the container, if it is still there; it says
// Released when it is done. If there is none, or it hangs up without that word, the shim runs the command itself.
package shim

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
)

// supervise stays until the program has ended, everything is told, and what the runtime has made is gone.
func (s *shim) supervise(engine *wire.Conn) error {
	released := make(chan bool, 1)
	if s.birth.Attach {
		go func() { released <- converse(engine, s.io) }()
	} else {
		engine.Close()
		released <- false
	}
	go s.serve()
	s.io.flow(s.audience)
	status, waitErr := s.container.Wait()
	s.io.settle(s.audience)
	// The first client cleans up what the engine made while we clean up what the runtime made; it waits until we hang up.
	err := errors.Join(s.tell(status, waitErr), s.keepStory(), s.container.Delete(true))
	clean := s.partings(released)
	if !clean {
		err = errors.Join(err, s.release())
	}
	return err // the process ends, and only with it the connection: who waits for that finds no shim any more
}

// partings waits until every client has heard everything. One that does not listen (its terminal is stopped) keeps us, but
// nobody else: without the lock, we count as dead.
func (s *shim) partings(released <-chan bool) (clean bool) {
	const patience = time.Second
	waiting := time.AfterFunc(patience, func() { s.lock.Close() })
	defer waiting.Stop()
	clean = <-released
	s.programs.Wait()
	s.delivered.Wait()
	return clean
}

// tell writes down how it ended, and then says it.
func (s *shim) tell(status unix.WaitStatus, waitErr error) error {
	var err error
	s.status.State, s.status.PID, s.status.Finished = wire.Ended, 0, time.Now().UTC()
	s.status.ExitCode = exitCode(status)
	if waitErr != nil {
		s.status.ExitCode, s.status.Error = 255, waitErr.Error()
	}
	if s.status.OOMKilled, err = oomKilled(s.container.Cgroups); err != nil {
		s.status.Error = err.Error()
	}
	if err := s.audience.closeLog(); err != nil {
		s.status.Error = fmt.Sprintf("the log is not complete: %v", err)
	}
	err = s.status.Write(s.birth.Dir)
	s.audience.end(s.status.ExitCode)
	return errors.Join(err, s.listener.Close())
}

// keepStory writes what the runtime has to tell to where it outlives the runtime's own directory.
func (s *shim) keepStory() error {
	if s.birth.Story == "" {
		return nil
	}
	story, err := s.container.Story()
	if err != nil {
		return fmt.Errorf("keep the story: %w", err)
	}
	to, err := os.OpenFile(s.birth.Story, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("keep the story: %w", err)
	}
	enc := json.NewEncoder(to)
	enc.SetEscapeHTML(false)
	for _, e := range story {
		if err := enc.Encode(e); err != nil {
			return errors.Join(fmt.Errorf("keep the story: %w", err), to.Close())
		}
	}
	return to.Close()
}

// release runs the command that unmounts, removes the network and, with --rm, the container. The shim becomes it: when the
// command looks, no shim is there any more.
func (s *shim) release() error {
	if len(s.birth.Release) == 0 {
		return nil
	}
	return fmt.Errorf("clean up by %s: %w", s.birth.Release[0], unix.Exec(s.birth.Release[0], s.birth.Release, os.Environ()))
}
