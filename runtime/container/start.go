// This file lets a created container's program run, and waits for its end.
package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

// Start opens the fifo that the stage waits at. OCI runtime.md, "Start".
func (c *Container) Start() error {
	if status := c.Status(); status != specs.StateCreated {
		return fmt.Errorf("start container %q: it is %s, and only a created one can be started", c.Plan.ID, status)
	}
	pidfd, err := openPidfd(c.InitPID) // before anything else: a quick program is gone when start is done
	if err != nil {
		return fmt.Errorf("start container %q: %w", c.Plan.ID, err)
	}
	defer pidfd.Close()
	path := filepath.Join(c.dir, fifoFile)
	// Opened for reading without O_NONBLOCK this would wait for ever if the stage died just now.
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("start container %q: open %s: %w", c.Plan.ID, path, err)
	}
	defer unix.Close(fd)
	failure, err := awaitStage(fd, int(pidfd.Fd()))
	if err != nil {
		return fmt.Errorf("start container %q: %w", c.Plan.ID, err)
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	if len(failure) == 0 {
		return c.afterStart()
	}
	return c.notStarted(failure)
}

// notStarted reads why the program did not run. A hook that fails is the end of the container.
func (c *Container) notStarted(said []byte) error {
	b, err := c.born()
	if err != nil {
		return err
	}
	steps := lastSteps(c.Plan, c.Host, b, 3, 3)
	err = kernel.DeputyFailure(said, append([]kernel.Foretold{kernel.AwaitStart{}}, foretold(steps)...)...)
	var failed *kernel.DeputyError
	hook := false
	if errors.As(err, &failed) {
		if step, ok := stepOf(steps, failed.Op-1); ok {
			_, hook = step.Ops[0].(kernel.RunHook)
			err = explain.Failed(step, err)
		}
	}
	if err = notRun(err); hook {
		err = errors.Join(err, c.Delete(true))
	}
	return err
}

// awaitStage reads what the stage writes: a byte once it is through, its failure if there is one, and the end of the stream
// when execve has closed it. A stage that has died before writes nothing at all.
func awaitStage(fifo, pidfd int) (failure []byte, err error) {
	var said []byte
	buffer := make([]byte, 4096)
	poll := []unix.PollFd{{Fd: int32(fifo), Events: unix.POLLIN}, {Fd: int32(pidfd), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(poll, -1); err != nil && err != unix.EINTR {
			return nil, err
		}
		n, err := unix.Read(fifo, buffer)
		switch {
		case n > 0:
			said = append(said, buffer[:n]...)
		case err != nil && err != unix.EAGAIN && err != unix.EINTR:
			return nil, err
		case err == nil && len(said) > 0:
			return said[1:], nil
		case poll[0].Revents&unix.POLLHUP != 0:
			return nil, errors.New("somebody else has started it at the same moment")
		case poll[1].Revents != 0:
			return nil, errors.New("its process has ended")
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
