// This file joins the caller's terminal and signals with a program in a container, for run and exec. Three things can end a
// session: the program, the keys ctrl-p ctrl-q (the container goes on without us), a signal before the program has started.
package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"glassbox/engine"
)

var errDetached = errors.New("detached")

// session is one connection of this terminal with a container.
type session struct {
	streams engine.Streams
	tty     bool
	stepped bool                                 // --step asks on the terminal before the program runs
	kill    func(id string, signal string) error // to a container's PID 1; nil: signals end the session
	sizes   chan engine.Size                     // of our terminal
	raw     *term.State                          // the terminal as it was
	born    chan string                          // the id, once the program runs
	ready   chan struct{}                        // closed when no signal ends us any more
	cancel  context.CancelCauseFunc
}

// sessionWants is what a command line asks of its session.
type sessionWants struct {
	tty, stdin, detach, step bool
	keys                     string   // that leave the container to itself
	attach                   []string // to these streams alone
}

func wantsOf(c *cli.Context) sessionWants {
	return sessionWants{
		tty: c.Bool("tty"), stdin: c.Bool("interactive"), detach: c.Bool("detach"), step: c.Bool("step"), keys: c.String("detach-keys"),
		attach: c.StringSlice("attach"),
	}
}

func newSession(w sessionWants) (*session, error) {
	s := &session{tty: w.tty, stepped: w.step, born: make(chan string, 1)}
	if err := w.checkAttach(); err != nil || w.detach {
		return s, err
	}
	if w.keys == "" {
		w.keys = usualKeys
	}
	keys, err := parseKeys(w.keys)
	if err != nil {
		return nil, err
	}
	if s.tty && w.stdin && !term.IsTerminal(0) {
		return nil, usageError{"-t: standard input is no terminal: leave -t out, or start from a terminal", 1}
	}
	s.streams = engine.Streams{Stdout: w.output("stdout", os.Stdout), Stderr: w.output("stderr", os.Stderr)}
	if w.stdin && w.attaches("stdin") {
		s.streams.Stdin = os.Stdin
		if s.tty {
			s.streams.Stdin = &detachKeys{from: os.Stdin, keys: keys, detach: func() { s.cancel(errDetached) }}
		}
	}
	if s.tty && term.IsTerminal(1) {
		s.sizes = make(chan engine.Size, 1)
		s.streams.Size = s.sizes
		s.tellSize()
	}
	return s, nil
}

// begin starts to watch signals. The function that it returns puts the terminal back and passes an error on.
func (s *session) begin(parent context.Context) (context.Context, func(error) error) {
	ctx, cancel := context.WithCancelCause(parent)
	s.cancel, s.ready = cancel, make(chan struct{})
	go s.watch(ctx)
	return ctx, func(err error) error {
		if s.raw != nil {
			err = errors.Join(err, term.Restore(0, s.raw))
		}
		defer cancel(nil)
		switch cause := context.Cause(ctx); {
		case errors.Is(cause, errDetached):
			return exitCode(0)
		case cause != nil && err != nil:
			return cause
		}
		return err
	}
}

// started is called once the program runs: until then the terminal is as usual, so that --step can ask.
func (s *session) started(id string) {
	if s.tty && s.streams.Stdin != nil {
		if old, err := term.MakeRaw(0); err == nil {
			s.raw = old
		}
	}
	s.born <- id
}

// expectSignals is for commands that will have a session. For the first signal that is asked for the Go runtime starts three threads: a
// processor is free for that while the command line is read. That a window has changed means nothing to those who do not ask.
func expectSignals() { signal.Notify(make(chan os.Signal, 1), unix.SIGWINCH) }

// watch passes signals on. Those that come before the program runs wait for it, as the preparations take no time; unless
// they wait for a person, whom a signal ends. It asks for them itself, since each takes the Go runtime two turns of a thread, at the
// beginning and at the end again: the engine has better things to do than to wait for that.
func (s *session) watch(ctx context.Context) {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, s.watched()...)
	defer signal.Stop(signals)
	close(s.ready)
	var early []unix.Signal
	id, running := "", false
	for {
		select {
		case <-ctx.Done():
			return
		case id = <-s.born:
			running = true
			for _, number := range early {
				s.pass(id, number)
			}
		case sig := <-signals:
			number := sig.(unix.Signal)
			switch {
			case number == unix.SIGWINCH:
				s.tellSize()
			case running:
				s.pass(id, number)
			case s.stepped:
				s.cancel(exitCode(128 + int(number)))
			default:
				early = append(early, number)
			}
		}
	}
}

func (s *session) watched() []os.Signal {
	list := []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT}
	if s.kill != nil {
		list = append(list, unix.SIGUSR1, unix.SIGUSR2) // which mean something to the program alone
	}
	if s.sizes != nil {
		list = append(list, unix.SIGWINCH)
	}
	return list
}

// pass gives a signal to the program; or ends the session, when it is not ours to give.
func (s *session) pass(id string, number unix.Signal) {
	if s.kill == nil {
		s.cancel(exitCode(128 + int(number)))
		return
	}
	// A program that has just ended can not be told any more, and its end is about to be told to us.
	if err := s.kill(id, unix.SignalName(number)); err != nil {
		fmt.Fprintf(os.Stderr, "glassbox: pass %s on: %v\r\n", unix.SignalName(number), err)
	}
}

// tellSize replaces a size that nobody has taken yet.
func (s *session) tellSize() {
	columns, rows, err := term.GetSize(1)
	if err != nil {
		return
	}
	select {
	case <-s.sizes:
	default:
	}
	s.sizes <- engine.Size{Rows: uint16(rows), Columns: uint16(columns)}
}
