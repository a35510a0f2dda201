// This file attends a program in the foreground: its terminal, if it has one, and the signals that are meant for it.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/containerd/console"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
	"glassbox/runtime/container"
)

// waiter is a container or a visitor in one.
type waiter interface {
	Wait() (unix.WaitStatus, error)
	Signal(unix.Signal) error
}

// terminal is our side of a program's terminal. Without one every method does nothing.
type terminal struct {
	socket *os.File        // for the stage to send the master to
	ours   *os.File        // where we receive it; nil if an engine does
	user   console.Console // the terminal that we were started on, in raw mode

	signals chan os.Signal // for the program; caught before it may run, or one in between would end us and leave it alone
}

// openTerminal makes ready to receive a terminal, or connects to the engine that will.
func openTerminal(p *specs.Process, socketPath string, detach bool) (*terminal, error) {
	t := &terminal{}
	var err error
	switch {
	case p == nil || !p.Terminal:
	case socketPath != "":
		t.socket, err = dial(socketPath)
	case detach:
		err = errors.New("the program wants a terminal: give --console-socket to send it to")
	default:
		p.ConsoleSize = sizeFor(p)
		var fds [2]int
		if fds, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0); err == nil {
			t.ours, t.socket = os.NewFile(uintptr(fds[0]), "console"), os.NewFile(uintptr(fds[1]), "console")
		}
	}
	return t, err
}

// sizeFor is the size that the program's terminal is born with: the user's, unless the specification says. Set later, it would
// come as a change that the program has to notice.
func sizeFor(p *specs.Process) *specs.Box {
	user, err := console.ConsoleFromFile(os.Stdin)
	if err != nil || p.ConsoleSize != nil {
		return p.ConsoleSize
	}
	size, err := user.Size()
	if err != nil {
		return nil
	}
	return &specs.Box{Height: uint(size.Height), Width: uint(size.Width)}
}

// catchSignals keeps what is meant for the program until there is one to pass it on to. Go takes half a millisecond to begin with
// it, and several threads: time that there is while the stage or the visitor is busy, and not before.
func catchSignals() chan os.Signal {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGQUIT, unix.SIGUSR1, unix.SIGUSR2, unix.SIGCONT)
	return signals
}

// attend copies between the two terminals, passes signals on, and waits for the end.
func (t *terminal) attend(w waiter) (int, error) {
	go t.forwardSignals(w)
	if t.ours == nil {
		return waitFor(w)
	}
	t.socket.Close()
	file, err := kernel.ReceiveFile(t.ours)
	if err != nil {
		return 1, err
	}
	master, err := console.ConsoleFromFile(file)
	if err != nil {
		return 1, fmt.Errorf("use the program's terminal: %w", err)
	}
	defer master.Close()
	if user, err := console.ConsoleFromFile(os.Stdin); err == nil {
		t.user = user
		if err := user.SetRaw(); err != nil {
			return 1, fmt.Errorf("set the terminal to raw mode: %w", err)
		}
		defer followSize(user, master)()
	}
	done := make(chan struct{})
	go func() { // ends with EIO when the last program has closed the terminal
		io.Copy(os.Stdout, master)
		close(done)
	}()
	go io.Copy(master, os.Stdin)
	code, err := waitFor(w)
	<-done
	return code, err
}

func (t *terminal) restore() {
	if t.user != nil {
		t.user.Reset()
	}
}

// followSize gives the program's terminal the size of the user's, now and whenever it changes.
func followSize(user, master console.Console) (stop func()) {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, unix.SIGWINCH)
	changed <- unix.SIGWINCH
	go func() {
		for range changed {
			if size, err := user.Size(); err == nil {
				master.Resize(size)
			}
		}
	}()
	return func() { signal.Stop(changed) }
}

// forwardSignals sends what we are sent to the program.
func (t *terminal) forwardSignals(w waiter) {
	for s := range t.signals {
		err := w.Signal(s.(syscall.Signal))
		if err != nil && !errors.Is(err, unix.ESRCH) && !errors.Is(err, container.ErrNotRunning) {
			fmt.Fprintf(os.Stderr, "glassbox-oci: pass on %v: %v\n", s, err)
		}
	}
}

// dial connects to a unix socket without package net, which would cost start-up time.
func dial(path string) (*os.File, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrUnix{Name: path}); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("connect to --console-socket %s: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}
