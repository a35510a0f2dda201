// This file is one run of the program. A container that is started again has several, one after the other; its log, its address
// and its files go on.
package shim

import (
	"errors"
	"time"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/runtime/container"
)

type life struct {
	container *container.Container
	io        *stdio
	audience  *audience
	began     time.Time
	over      chan struct{} // closed when the program has ended
}

// conceive prepares a life: everything but the program, so that clients can wait for it.
func (s *shim) conceive() (*life, error) {
	io, err := newStdio(s.birth.Terminal, s.birth.Stdin)
	if err != nil {
		return nil, err
	}
	io.resized = s.noteSize
	io.lasting = !s.birth.Attach // started in the background, it waits for one client after the other
	return &life{io: io, audience: newAudience(s.log, &s.delivered), over: make(chan struct{})}, nil
}

// cues are what a container's birth, and then the start of its program, have to wait for; nil: nothing.
type cues struct{ enter, start func() error }

// begin makes the container. Its spec is read each time: the limits may have been changed. seen is a look at the host that has
// begun already; nil: there is none.
func (l *life) begin(b wire.Birth, seen *container.Sight, wait cues, listener explain.Listener) error {
	if !kernel.IsNamespace(b.Bare) { // it has gone, or there was none
		b.Bare = ""
	}
	spec, err := readSpec(b.Bundle)
	if err == nil {
		l.container, err = container.Run(spec, container.Options{
			ID: b.ID, Bundle: b.Bundle, Root: b.Runtime,
			Stdin: l.io.child[0], Stdout: l.io.child[1], Stderr: l.io.child[2],
			ConsoleSocket: l.io.theirs, Listener: listener, Init: b.Init, Bare: b.Bare, Seen: seen, Await: wait.enter, Allow: wait.start,
		})
	}
	if err != nil {
		l.io.close()
		return err
	}
	if err := l.io.born(); err != nil {
		return errors.Join(err, l.container.Delete(true))
	}
	l.began = time.Now().UTC()
	return nil
}

// begun makes it known that the program runs.
func (s *shim) begun() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status.State, s.status.PID, s.status.Started = wire.Running, s.life.container.PID(), s.life.began
	s.status.Error, s.status.Finished, s.status.ExitCode, s.status.OOMKilled = "", time.Time{}, 0, false
	if s.birth.Health != nil {
		s.status.Health, s.status.Failing = starting, 0
		go s.watchHealth(s.life, s.birth.Health)
	}
	s.note("start", nil)
	return s.status.Write(s.birth.Dir)
}

// current is the life that clients mean.
func (s *shim) current() *life {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.life
}
