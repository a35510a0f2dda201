// This file sends signals.
package container

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	proc "glassbox/kernel/look"
)

// Kill sends a signal to the container's first process, or to all of them. OCI runtime.md, "Kill".
func (c *Container) Kill(sig unix.Signal, all bool) error {
	err := c.signal(sig, all)
	if err == nil && sig == unix.SIGKILL && c.frozen() {
		return c.freeze(false) // a frozen process keeps the signal for later: it does not die
	}
	return err
}

func (c *Container) signal(sig unix.Signal, all bool) error {
	if all {
		return c.killAll(sig)
	}
	if c.Status() == specs.StateStopped {
		return fmt.Errorf("kill container %q: %w", c.Plan.ID, ErrNotRunning)
	}
	pidfd, err := openPidfd(c.InitPID)
	if err != nil {
		return err
	}
	defer pidfd.Close()
	if !alive(c.InitPID, c.Began) {
		return fmt.Errorf("kill container %q: %w", c.Plan.ID, ErrNotRunning)
	}
	if err := unix.PidfdSendSignal(int(pidfd.Fd()), sig, nil, 0); err != nil {
		return fmt.Errorf("kill container %q: %w", c.Plan.ID, err)
	}
	return nil
}

// Signal sends one to the first process.
func (c *Container) Signal(sig unix.Signal) error { return c.Kill(sig, false) }

func (c *Container) killAll(sig unix.Signal) error {
	pids, err := c.Processes()
	if err != nil {
		return err
	}
	for _, pid := range pids {
		if err := unix.Kill(pid, sig); err != nil && err != unix.ESRCH {
			return fmt.Errorf("kill process %d of container %q: %w", pid, c.Plan.ID, err)
		}
	}
	return nil
}

// Processes lists the container's processes by the pids of the host: the members of its cgroup and of those below it.
func (c *Container) Processes() ([]int, error) {
	if len(c.Cgroups) == 0 {
		return c.neighbours()
	}
	var pids []int
	err := filepath.WalkDir(c.Cgroups[0], func(path string, d os.DirEntry, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil
		}
		if err != nil || d.Name() != "cgroup.procs" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		for _, f := range strings.Fields(string(data)) {
			pid, err := strconv.Atoi(f)
			if err != nil {
				return err
			}
			pids = append(pids, pid)
		}
		return nil
	})
	slices.Sort(pids)
	return pids, err
}

// neighbours are the members of its PID namespace, of a container that has no cgroups.
func (c *Container) neighbours() ([]int, error) {
	const kind = specs.PIDNamespace
	own := slices.ContainsFunc(c.Plan.Spec.Linux.Namespaces, func(n specs.LinuxNamespace) bool { return n.Type == kind })
	inode, err := proc.Namespace(c.InitPID, string(kind))
	switch {
	case c.Status() == specs.StateStopped:
		return nil, nil
	case err != nil || !own:
		return []int{c.InitPID}, err
	}
	pids, err := proc.ProcessesIn(string(kind), inode)
	slices.Sort(pids)
	return pids, err
}
