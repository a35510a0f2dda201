// This file makes the sockets by bare system calls: package net would double the start-up time of the shim's program.
package wire

import (
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Pair returns two connected sockets. theirs is meant for a child.
func Pair() (ours *Conn, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socketpair: %w", err)
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, nil, fmt.Errorf("make a socket non-blocking: %w", err)
	}
	return New(os.NewFile(uintptr(fds[0]), "shim")), os.NewFile(uintptr(fds[1]), "engine"), nil
}

// FromDescriptor takes over a socket that was inherited. It must not reach the programs started from here.
func FromDescriptor(fd int) (*Conn, error) {
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("use descriptor %d: %w", fd, err)
	}
	return New(os.NewFile(uintptr(fd), "engine")), nil
}

// Dial connects to the shim whose directory is dir.
func Dial(dir string) (*Conn, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	err = through(dir, func(name string) error { return unix.Connect(fd, &unix.SockaddrUnix{Name: name}) })
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("connect to %s: %w", filepath.Join(dir, SocketFile), err)
	}
	return New(os.NewFile(uintptr(fd), "shim")), nil
}

// Listener accepts connections on shim.sock.
type Listener struct{ file *os.File }

// Listen makes shim.sock in dir. A socket left by a shim that was killed is replaced.
func Listen(dir string) (*Listener, error) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	err = through(dir, func(name string) error {
		if err := unix.Unlink(name); err != nil && err != unix.ENOENT {
			return err
		}
		return unix.Bind(fd, &unix.SockaddrUnix{Name: name})
	})
	if err == nil {
		err = unix.Listen(fd, unix.SOMAXCONN)
	}
	if err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("listen on %s: %w", filepath.Join(dir, SocketFile), err)
	}
	return &Listener{file: os.NewFile(uintptr(fd), SocketFile)}, nil
}

// Accept waits for the next connection.
func (l *Listener) Accept() (*Conn, error) {
	raw, err := l.file.SyscallConn()
	if err != nil {
		return nil, err
	}
	var fd int
	var acceptErr error
	err = raw.Read(func(listening uintptr) bool {
		fd, _, acceptErr = unix.Accept4(int(listening), unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK)
		return acceptErr != unix.EAGAIN
	})
	if err == nil {
		err = acceptErr
	}
	if err != nil {
		return nil, err
	}
	return New(os.NewFile(uintptr(fd), "client")), nil
}

// Close stops listening.
func (l *Listener) Close() error { return l.file.Close() }

// through calls do with a name for the socket in dir that fits into a socket address, which holds 107 bytes: a long one is
// reached through a descriptor of its directory. man 7 unix.
func through(dir string, do func(name string) error) error {
	name := filepath.Join(dir, SocketFile)
	if len(name) <= 107 {
		return do(name)
	}
	fd, err := unix.Open(dir, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return do(fmt.Sprintf("/proc/self/fd/%d/%s", fd, SocketFile))
}
