// This file is the life of the stage.
package stage

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/runtime/plan"
)

// Main is called first thing when IsInside. It does not return.
func Main() {
	// Namespaces, user and capabilities belong to a thread. All is done on this one, and execve keeps it alone.
	runtime.LockOSThread()
	if os.Args[0] == initName {
		os.Exit(reap(os.Args[1:]))
	}
	fd, err := strconv.Atoi(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "glassbox: the stage is started by glassbox-oci, with a socket")
		os.Exit(125)
	}
	unix.CloseOnExec(fd)
	wire := NewConn(os.NewFile(uintptr(fd), "socket"))
	var c Config
	if wire.Receive(&c) != nil {
		os.Exit(125) // the outside is gone
	}
	unix.CloseOnExec(c.Console) // not for a hook to inherit
	if c.Fifo != 0 {
		unix.CloseOnExec(c.Fifo)
	}
	c.Host.Stage.Inside = os.Getpid()
	s := stage{Config: c, wire: wire, started: fd}
	err = s.become()
	if !errors.Is(err, errOutsideGone) {
		err = s.wire.Send(Message{Failure: failure(err)})
	}
	if err != nil {
		os.Exit(125)
	}
	os.Exit(1)
}

var errOutsideGone = errors.New("the runtime outside is gone")

type stage struct {
	Config
	wire        *Conn
	started     int // the wire's descriptor: its end means success
	descriptors int // /proc/self/fd, to open the fifo by
}

// become does the inside half of the plan. It returns when it failed.
func (s *stage) become() error {
	run := explain.Runner{Listener: s.listener(), Inside: true}
	if err := s.keepDescriptors(); err != nil {
		return err
	}
	if err := s.moveIn(&run); err != nil {
		return err
	}
	p := s.Container.Spec.Process
	path, err := lookPath(p.Args[0], p.Env)
	if err != nil {
		return err
	}
	p.Env = WithHome(p.Env, p.User.UID, "/")
	if err := s.ask(Message{Ready: &Ready{Program: path, Env: p.Env, Took: run.Took}}); err != nil {
		return err
	}
	if err := s.waitForStart(); err != nil {
		return err
	}
	if err := run.Run(plan.StartHooks(s.Container, s.Host)...); err != nil {
		return &hookError{err}
	}
	return run.Run(plan.Last(s.Container, p, path, 3+uint(s.Preserve), s.started)...)
}

// moveIn does all that comes before the program. Where the runtime has hooks to run, we wait for it before pivot_root.
func (s *stage) moveIn(run *explain.Runner) error {
	if err := run.Run(s.described(plan.Furnish(s.Container, s.Host))...); err != nil {
		return err
	}
	if len(plan.RuntimeHooks(s.Container, 0)) > 0 {
		if err := s.ask(Message{Furnished: true}); err != nil {
			return err
		}
	}
	return run.Run(s.described(slices.Concat(plan.MoveIn(s.Container, s.Host), plan.Confine(s.Container, s.Host)))...)
}

// described: after the console's socket and the fifo come the seccomp agent's and the mounts.
func (s *stage) described(steps []explain.Step) []explain.Step {
	return plan.WithDescriptors(steps, s.Console, s.Console+2, s.Console+3)
}

// hookError is the failure of a hook of the start.
type hookError struct{ err error }

func (h *hookError) Error() string { return h.err.Error() }
func (h *hookError) Unwrap() error { return h.err }

// listener sends each step out and waits, when somebody listens. When nobody does, the steps are only timed: a message and an
// answer for each would cost more than the steps.
func (s *stage) listener() explain.Listener {
	if !s.Listen {
		return nil
	}
	return explain.Relay(func(e explain.Event) error { return s.wire.Send(Message{Event: &e}) }, s.answer)
}

func (s *stage) answer() (a explain.Answer, err error) {
	err = s.wire.Receive(&a)
	return a, err
}

// ask waits until the runtime says that we may go on.
func (s *stage) ask(m Message) error {
	if s.wire.Send(m) != nil {
		return errOutsideGone
	}
	if _, err := s.answer(); err != nil {
		return errOutsideGone
	}
	return nil
}

// keepDescriptors opens the host's /proc while it is in sight: a container may have none, or a forgery (CVE-2025-52881).
func (s *stage) keepDescriptors() (err error) {
	if s.Fifo == 0 {
		return nil
	}
	if s.descriptors, err = unix.Open("/proc/self/fd", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0); err != nil {
		return fmt.Errorf("open /proc/self/fd: %w", err)
	}
	return nil
}

// waitForStart blocks in open until the other end of the fifo is opened. The byte says that we go on; what comes after it is a
// failure, for the runtime that created us is gone. man 7 fifo.
func (s *stage) waitForStart() error {
	if s.Fifo == 0 {
		return nil
	}
	fd, err := unix.Openat(s.descriptors, strconv.Itoa(s.Fifo), unix.O_WRONLY|unix.O_CLOEXEC, 0)
	unix.Close(s.descriptors)
	if err != nil {
		return fmt.Errorf("wait for the start: %w", err)
	}
	if _, err := unix.Write(fd, []byte{0}); err != nil {
		return fmt.Errorf("wait for the start: %w", err)
	}
	s.wire, s.started = NewConn(os.NewFile(uintptr(fd), "fifo")), fd
	return nil
}

func failure(err error) *Failure {
	f := &Failure{Text: err.Error(), Code: 125}
	var notRun *execError
	var refused *kernel.Error
	var hook *hookError
	f.Hook = errors.As(err, &hook)
	switch {
	case errors.Is(err, explain.ErrQuit):
		f.Text = ""
	case errors.As(err, &notRun):
		f.Code = notRun.code
	case errors.As(err, &refused) && len(refused.Call) > 6 && refused.Call[:6] == "execve":
		f.Code = 126
		if errors.Is(err, unix.ENOENT) { // the file is there: its interpreter is not
			f.Code = 127
		}
	}
	return f
}
