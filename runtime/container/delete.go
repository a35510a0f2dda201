// This file ends a container's existence: the journal of its birth is read backwards.
package container

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
)

// Delete removes a stopped container, and a created one, whose process is killed. With force a running one is killed, too.
// OCI runtime.md, "Delete".
func (c *Container) Delete(force bool) error {
	if status := c.Status(); status != specs.StateStopped {
		if !force && status != specs.StateCreated {
			return fmt.Errorf("delete container %q: %w: stop it first, or use --force", c.Plan.ID, ErrRunning)
		}
		if err := c.end(); err != nil {
			return fmt.Errorf("delete container %q: %w", c.Plan.ID, err)
		}
	}
	if err := kernel.UndoJournal(filepath.Join(c.dir, journalFile), kernel.Inverses()...); err != nil {
		return fmt.Errorf("delete container %q: %w", c.Plan.ID, err)
	}
	if err := os.RemoveAll(c.dir); err != nil {
		return err
	}
	c.afterEnd()
	return nil
}

// Clear takes back what a birth has left that was interrupted before there was a state: the runtime itself was killed. Its
// stage ends by itself. No error if there is nothing.
func Clear(root, id string) error {
	if err := checkID(id); err != nil {
		return err
	}
	dir := filepath.Join(root, id)
	if err := kernel.UndoJournal(filepath.Join(dir, journalFile), kernel.Inverses()...); err != nil {
		return fmt.Errorf("delete what is left of container %q: %w", id, err)
	}
	return os.RemoveAll(dir)
}

// end kills the first process, whose death ends all in its PID namespace, and waits for it.
func (c *Container) end() error {
	pidfd, err := openPidfd(c.InitPID)
	if err != nil {
		return err
	}
	defer pidfd.Close()
	if err := unix.PidfdSendSignal(int(pidfd.Fd()), unix.SIGKILL, nil, 0); err != nil && err != unix.ESRCH {
		return err
	}
	for _, dir := range c.Cgroups { // a frozen process does not die
		if err := kernel.KillCgroup(dir); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	poll := []unix.PollFd{{Fd: int32(pidfd.Fd()), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(poll, -1); err != unix.EINTR {
			return err
		}
	}
}
