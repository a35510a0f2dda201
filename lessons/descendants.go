// This file sees to it that no process outlives its lesson, also not one that left for a session of its own: a container's
// shim, a daemon. We make ourselves the parent of orphans (man 2 PR_SET_CHILD_SUBREAPER), so that everything that a lesson
// starts stays below us in the tree of processes. Rule: while a session is open this process starts no other child.
package lessons

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// adoptOrphans makes orphans ours.
func adoptOrphans() error {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("prctl(PR_SET_CHILD_SUBREAPER, 1): %w", err)
	}
	return nil
}

// buryOrphans waits for orphans as they end, for a zombie still looks alive to whoever polls its pid. The shell's end is left
// to the one who waits for the shell.
func buryOrphans(shell int) (stop func()) {
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, unix.SIGCHLD)
	go func() {
		for range ended {
			// An error means that /proc could not be read just now: the next signal, or the end of the lesson, tries again.
			if err := bury(shell); err != nil {
				continue
			}
		}
	}()
	return func() { signal.Stop(ended); close(ended) }
}

func bury(shell int) error {
	children, err := look.Children(os.Getpid())
	if err != nil {
		return err
	}
	for _, pid := range children {
		if pid != shell {
			if _, err := unix.Wait4(pid, nil, unix.WNOHANG, nil); err != nil && err != unix.ECHILD {
				return fmt.Errorf("wait for process %d: %w", pid, err)
			}
		}
	}
	return nil
}

// killDescendants kills the shell and all that came from it, again and again until nothing is left: what is killed may have
// just started something.
//
// What they print is thrown away meanwhile: a process that waits for a reader does not come to its end.
func killDescendants(shell int, before time.Time, output <-chan string) error {
	for {
		left, err := descendants(os.Getpid())
		if err != nil {
			return err
		}
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(before) {
			return fmt.Errorf("end the lesson: processes %v do not die", left)
		}
		for _, pid := range left {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil && err != unix.ESRCH {
				return fmt.Errorf("end the lesson: kill process %d: %w", pid, err)
			}
		}
		if err := bury(shell); err != nil {
			return err
		}
		select {
		case <-output:
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// killStrays kills what is left of a lesson that was itself killed: processes that have its directory in their environment.
func killStrays(dir string) error {
	pids, err := look.Processes()
	if err != nil {
		return err
	}
	for _, pid := range pids {
		environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err != nil || !strings.Contains(string(environment), "GBLESSON="+dir+"\x00") {
			continue // an error means that it has ended, or is a thread of the kernel
		}
		if err := unix.Kill(pid, unix.SIGKILL); err != nil && err != unix.ESRCH {
			return fmt.Errorf("kill process %d, left by a lesson that was killed: %w", pid, err)
		}
	}
	return nil
}

// descendants lists the children of pid, their children, and so on.
func descendants(pid int) ([]int, error) {
	children, err := look.Children(pid)
	if err != nil {
		return nil, err
	}
	all := children
	for _, child := range children {
		below, err := descendants(child)
		if err != nil {
			return nil, err
		}
		all = append(all, below...)
	}
	return all, nil
}
