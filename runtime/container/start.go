// This file lets a created container's program run, and waits for its end.
package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Start opens the fifo that the stage waits at. OCI runtime.md, "Start".
func (c *Container) Start() error {
	if status := c.Status(); status != specs.StateCreated {
		return fmt.Errorf("start container %q: it is %s, and only a created one can be started", c.Plan.ID, status)
	}
	path := filepath.Join(c.dir, fifoFile)
	// Opened for reading without O_NONBLOCK this would wait for ever if the stage died just now.
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("start container %q: open %s: %w", c.Plan.ID, path, err)
	}
	defer unix.Close(fd)
	if err := c.awaitStage(fd); err != nil {
		return fmt.Errorf("start container %q: %w", c.Plan.ID, err)
	}
	return os.Remove(path)
}

// awaitStage reads the byte that the stage writes once it is through; the stage's death ends the wait as well.
func (c *Container) awaitStage(fifo int) error {
	pidfd, err := openPidfd(c.InitPID)
	if err != nil {
		return err
	}
	defer pidfd.Close()
	poll := []unix.PollFd{{Fd: int32(fifo), Events: unix.POLLIN}, {Fd: int32(pidfd.Fd()), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(poll, -1); err != nil && err != unix.EINTR {
			return err
		}
		if n, err := unix.Read(fifo, make([]byte, 1)); n == 1 {
			return nil
		} else if err != nil && err != unix.EAGAIN {
			return err
		}
		if poll[1].Revents != 0 {
			return errors.New("its process has ended")
		}
	}
}

// Wait waits for the program's end. Only the process that created the container can: it is the parent.
func (c *Container) Wait() (unix.WaitStatus, error) { return wait(c.InitPID) }

func wait(pid int) (unix.WaitStatus, error) {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &status, 0, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil {
			return status, fmt.Errorf("wait for process %d: %w", pid, err)
		}
		return status, nil
	}
}
