// This file waits for processes without a thread for each: who supervises a container may wait for many at once, and Go keeps every
// thread that has ever been blocked. man 2 pidfd_open.
package container

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Await is Wait for who waits for many.
func (p *Process) Await() (unix.WaitStatus, error) { return awaitEnd(p.PID) }

// Await is Wait without a thread. It returns a little later: Go looks at its epoll first.
func (c *Container) Await() (unix.WaitStatus, error) { return awaitEnd(c.InitPID) }

func awaitEnd(pid int) (status unix.WaitStatus, err error) {
	fd, err := unix.PidfdOpen(pid, unix.PIDFD_NONBLOCK)
	if err != nil {
		return status, fmt.Errorf("wait for process %d: pidfd_open: %w", pid, err)
	}
	ended := os.NewFile(uintptr(fd), "pidfd") // becomes readable with the process's end; Go's own epoll waits for that
	defer ended.Close()
	raw, err := ended.SyscallConn()
	if err != nil {
		return status, fmt.Errorf("wait for process %d: %w", pid, err)
	}
	var waited error
	err = raw.Read(func(uintptr) bool {
		var got int
		got, waited = unix.Wait4(pid, &status, unix.WNOHANG, nil)
		return got == pid || waited != nil && waited != unix.EINTR
	})
	if err == nil {
		err = waited
	}
	if err != nil {
		return status, fmt.Errorf("wait for process %d: %w", pid, err)
	}
	return status, nil
}
