// This file is stdio with a terminal. The terminal must come from the container's own /dev/pts, so the stage inside opens it and
// sends the keyboard end (the "master") out over a socket. man 7 pty, man 7 unix (SCM_RIGHTS).
package shim

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
)

// deadlineNow is a moment that is always over.
var deadlineNow = time.Unix(1, 0)

func newConsole() (*stdio, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("prepare a terminal: socketpair: %w", err)
	}
	return &stdio{console: os.NewFile(uintptr(fds[0]), "console"), theirs: os.NewFile(uintptr(fds[1]), "stage")}, nil
}

// receiveTerminal takes the terminal that the stage has sent.
func (s *stdio) receiveTerminal() error {
	s.theirs.Close() // so that a stage that sent nothing means an end of file here, and not waiting for ever
	data, rights := make([]byte, 4096), make([]byte, unix.CmsgSpace(4))
	_, n, _, _, err := unix.Recvmsg(descriptor(s.console), data, rights, unix.MSG_CMSG_CLOEXEC)
	if err != nil {
		return fmt.Errorf("receive the terminal: recvmsg: %w", err)
	}
	messages, err := unix.ParseSocketControlMessage(rights[:n])
	if err != nil || len(messages) != 1 {
		return fmt.Errorf("receive the terminal: the container's first process sent none (%v)", err)
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return fmt.Errorf("receive the terminal: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return fmt.Errorf("receive the terminal: %w", err)
	}
	s.input = os.NewFile(uintptr(fds[0]), "terminal")
	s.outputs = []output{{stream: wire.Output, file: s.input, fd: fds[0]}}
	return nil
}

// resize tells the program's terminal how large the one of the person is; the kernel sends SIGWINCH.
func (s *stdio) resize(size wire.Size) error {
	if s.console == nil || s.input == nil {
		return nil
	}
	err := unix.IoctlSetWinsize(s.outputs[0].fd, unix.TIOCSWINSZ, &unix.Winsize{Row: size.Rows, Col: size.Columns})
	if err == nil && s.resized != nil {
		s.resized(size)
	}
	return err
}

// descriptor asks a file for its number and leaves it as it is: Fd would make it blocking.
func descriptor(f *os.File) (fd int) {
	raw, err := f.SyscallConn()
	if err != nil {
		return -1
	}
	if err := raw.Control(func(n uintptr) { fd = int(n) }); err != nil {
		return -1
	}
	return fd
}
