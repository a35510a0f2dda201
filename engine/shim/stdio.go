// This file is the input and output of one program: three pipes, or one terminal.
package shim

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
)

type stdio struct {
	child   [3]*os.File // the program's ends; nil with a terminal
	input   *os.File    // nil: nobody writes to the program
	lasting bool        // the end of one client's input is not the end of the program's
	outputs []output
	console *os.File        // where the terminal's keyboard end arrives; nil without a terminal
	theirs  *os.File        // the other end of console
	resized func(wire.Size) // called when the terminal has another size; nil: nobody cares
	running sync.WaitGroup
}

// output is something a program writes to. The number of the descriptor is kept, for asking the file for it would make it
// blocking.
type output struct {
	stream wire.Kind
	file   *os.File
	fd     int
}

// newStdio prepares for a program with a terminal or without. With stdin false its standard input is empty.
func newStdio(terminal, stdin bool) (*stdio, error) {
	if terminal {
		return newConsole()
	}
	s := &stdio{}
	var err error
	if stdin {
		s.child[0], s.input, err = pipe(0)
	} else {
		s.child[0], err = os.Open(os.DevNull)
	}
	for i, stream := range []wire.Kind{wire.Output, wire.Errput} {
		if err != nil {
			break
		}
		var ours *os.File
		s.child[i+1], ours, err = pipe(1)
		s.addOutput(stream, ours)
	}
	if err != nil {
		s.close()
		return nil, fmt.Errorf("prepare input and output: %w", err)
	}
	return s, nil
}

// pipe makes a pipe whose end number theirs (0 reads, 1 writes) is a child's. Only our end is non-blocking: the other one
// becomes somebody's standard output, and few programs expect EAGAIN there.
func pipe(theirs int) (child, ours *os.File, err error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil {
		return nil, nil, fmt.Errorf("pipe2: %w", err)
	}
	if err := unix.SetNonblock(fds[1-theirs], true); err != nil {
		return nil, nil, fmt.Errorf("make a pipe non-blocking: %w", err)
	}
	return os.NewFile(uintptr(fds[theirs]), "program"), os.NewFile(uintptr(fds[1-theirs]), "shim"), nil
}

func (s *stdio) addOutput(stream wire.Kind, file *os.File) {
	if file != nil {
		s.outputs = append(s.outputs, output{stream: stream, file: file, fd: descriptor(file)})
	}
}

// born is called when the program runs (or never will): its ends are its own now. With a terminal, ours has been sent.
func (s *stdio) born() error {
	for _, f := range s.child {
		if f != nil {
			f.Close()
		}
	}
	if s.console == nil {
		return nil
	}
	return s.receiveTerminal()
}

// flow passes everything that the program writes to a.
func (s *stdio) flow(a *audience) {
	for _, o := range s.outputs {
		s.running.Go(func() { o.copy(a, func(b []byte) (int, error) { return o.file.Read(b) }) })
	}
}

// settle is called when the program has ended. What it wrote is in the pipes already, but their end of file may never come:
// something that it left running can hold them open. So take what is there, and no more.
func (s *stdio) settle(a *audience) {
	for _, o := range s.outputs {
		// An error means that the reader has met the end of file and closed.
		_ = o.file.SetReadDeadline(deadlineNow)
	}
	a.hurry()
	s.running.Wait()
	for _, o := range s.outputs {
		o.copy(a, func(b []byte) (int, error) { return unix.Read(o.fd, b) })
	}
	s.close()
}

// copy says to a what read reads, until it reads no more.
func (o output) copy(a *audience, read func([]byte) (int, error)) {
	buf := make([]byte, 1<<10) // it grows with what comes at once: most programs say little, and many may run at once
	for {
		n, err := read(buf)
		if n > 0 {
			a.say(o.stream, buf[:n])
		}
		if n == len(buf) && n < 32<<10 {
			buf = make([]byte, 2*n)
		}
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || n <= 0 {
			return
		}
	}
}

func (s *stdio) close() {
	for _, f := range append(s.child[:], s.input, s.console, s.theirs) {
		if f != nil {
			f.Close()
		}
	}
	for _, o := range s.outputs {
		o.file.Close()
	}
}
