// This file is the end of a program: the exit code, the cgroup's last words, the news to everybody; and then either a further
// life or the end of the container, and who cleans up.
//
// Rule: whoever hears of the container's end cleans up. That is the client which started the container, if it is still there; it
// says Released when it is done. If there is none, or it hangs up without that word, the shim runs the command itself. With --rm
// the client only forgets the container: its files are the shim's to remove, and nobody waits for that.
package shim

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/kernel"
)

// supervise stays until the program has ended for good, everything is told, and what the runtime has made is gone.
func (s *shim) supervise(engine *wire.Conn) error {
	released := make(chan bool, 1)
	if s.birth.Attach {
		first := s.life.io
		go func() { released <- converse(engine, first) }()
	} else {
		engine.Close()
		released <- false
	}
	go s.serve()
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, unix.SIGTERM)
	go s.heed(asked)
	var err error
	for again := true; again; {
		again, err = s.outlive(s.current())
	}
	s.endNames()
	close(s.over)
	err = errors.Join(err, s.listener.Close())
	if !s.partings(released) {
		return errors.Join(err, s.release()) // it hangs up by ending: whoever waits for that finds no shim any more
	}
	_ = s.lock.Close() // an error means that partings has closed it
	err = errors.Join(err, engine.Send(wire.Done, nil))
	if s.birth.Record != "" {
		err = errors.Join(err, s.removeFiles(engine))
	}
	return errors.Join(err, engine.Close())
}

// removeFiles is the end of a container of --rm, when the engine has hung up and so forgotten it. Meanwhile the directory is locked, and
// audit takes it for nobody's leak. If the engine was killed before it could forget, the command does everything.
func (s *shim) removeFiles(engine *wire.Conn) error {
	for err := error(nil); err == nil; { // what is typed meanwhile is for nobody
		_, _, err = engine.Receive()
	}
	unlock, err := wire.Flock(s.birth.Bundle, unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(s.birth.Record); err == nil {
		return s.release() // the lock ends with this program
	}
	return kernel.RemoveTree{Path: s.birth.Bundle}.Do()
}

// outlive waits for the end of one life and, if there is to be another, begins it.
func (s *shim) outlive(l *life) (again bool, err error) {
	l.io.flow(l.audience)
	wait := l.container.Await
	if s.birth.Attach { // in the foreground: somebody is waiting, and a thread in wait4 hears of the end sooner
		wait = l.container.Wait
	}
	status, waitErr := wait()
	close(l.over)
	l.io.settle(l.audience)
	pause, again, err := s.tell(l, status, waitErr)
	runtime.Gosched() // those who deliver the news go first
	// The first client cleans up what the engine made while we clean up what the runtime made; it waits until we say Done.
	err = errors.Join(err, s.keepStory(l), l.container.Delete(true))
	if again {
		again = s.resurrect(pause, err)
	}
	return again, err
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

// tell writes down how a life ended and whether there is to be another, and then says it. From then on clients mean the next one.
func (s *shim) tell(l *life, status unix.WaitStatus, waitErr error) (wait time.Duration, again bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.record(l, status, waitErr)
	wait, again = s.will.returns(s.status.ExitCode, time.Since(l.began))
	if again {
		s.status.State = wire.Restarting
		s.life, err = s.conceive()
		again = err == nil
	}
	if !again {
		s.status.State = wire.Ended
	}
	s.closeLog(again)
	s.note("die", map[string]string{
		"exitCode": fmt.Sprint(s.status.ExitCode), "execDuration": fmt.Sprint(int(time.Since(l.began).Seconds())),
	})
	err = errors.Join(err, s.status.Write(s.birth.Dir))
	l.audience.end(s.status.ExitCode, again)
	return wait, again, err
}

// record keeps what is known of the end. OOM is told apart from other kills by the cgroup's own counter.
func (s *shim) record(l *life, status unix.WaitStatus, waitErr error) {
	s.status.PID, s.status.Paused, s.status.Finished = 0, false, time.Now().UTC()
	s.status.ExitCode = exitCode(status)
	if waitErr != nil {
		s.status.ExitCode, s.status.Error = 255, waitErr.Error()
	}
	kills, err := l.container.OOMKills() // while there are its cgroups
	if err != nil {
		s.status.Error = err.Error()
	}
	if s.status.OOMKilled = kills > 0; s.status.OOMKilled {
		s.note("oom", nil)
	}
}

// closeLog ends the log, or, if the container is to live on, its last line.
func (s *shim) closeLog(again bool) {
	if s.log == nil {
		return
	}
	end := s.log.close
	if again {
		end = s.log.settle
	}
	if err := errors.Join(s.life.audience.logErr, end()); err != nil {
		s.status.Error = fmt.Sprintf("the log is not complete: %v", err)
	}
	s.status.Dropped = s.log.dropped()
}

// keepStory writes what the runtime has to tell of the first life to where it outlives the runtime's own directory.
func (s *shim) keepStory(l *life) error {
	if s.birth.Story == "" || s.status.Restarts > 0 {
		return nil
	}
	story, err := l.container.Story()
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
	err := kernel.WithGivenSlack(func() error { return unix.Exec(s.birth.Release[0], s.birth.Release, os.Environ()) })
	return fmt.Errorf("clean up by %s: %w", s.birth.Release[0], err)
}
