// This file ends a container's existence: the journal of its birth is read backwards.
package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

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
	return c.awaitEnd(pidfd)
}

// awaitEnd waits for the first process's end. The kernel keeps it until everybody in its PID namespace is collected, which is
// the business of those who have started them: for somebody's exec that has ended, and that nobody asks about, we do not wait.
func (c *Container) awaitEnd(pidfd *os.File) error {
	const now, patience = 20, 10 * time.Second
	poll := []unix.PollFd{{Fd: int32(pidfd.Fd()), Events: unix.POLLIN}}
	for begin := time.Now(); time.Since(begin) < patience; {
		n, err := unix.Poll(poll, now)
		switch {
		case err == unix.EINTR:
			continue
		case n == 1 || err != nil:
			return err
		}
		left, err := c.Processes()
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if len(left) == 0 && len(c.Cgroups) > 0 && exiting(c.InitPID) {
			return nil
		}
	}
	return fmt.Errorf("its first process %d is stuck in the kernel: it was killed and does not end", c.InitPID)
}

// exiting tells whether a process will never run a program again. man 5 proc, /proc/PID/stat, flags; PF_EXITING of linux/sched.h.
func exiting(pid int) bool {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	_, after, _ := strings.Cut(string(data), ") ") // the name before it may hold anything
	fields := strings.Fields(after)
	if len(fields) < 7 {
		return false
	}
	flags, err := strconv.ParseUint(fields[6], 10, 32)
	return err == nil && flags&4 != 0
}
