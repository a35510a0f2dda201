// This file is the init of --init. PID 1 has two duties that few programs know of: orphans become its children and stay
// zombies until it waits for them; and the kernel delivers it no signal that it has no handler for. man 7 pid_namespaces.
package stage

import (
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// reap starts the program as a child, passes signals on, collects every child, and returns the program's exit code. The first
// argument is a descriptor whose end says that we listen: nobody takes the container for started before.
// LESSON: pid1
func reap(argv []string) int {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	signal.Ignore(unix.SIGTTIN, unix.SIGTTOU) // the program gets the terminal, not we
	program := 0
	started, err := strconv.Atoi(argv[0])
	if err == nil {
		unix.Close(started)
		program, err = startProgram(argv[1:])
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "glassbox: init: start %s: %v\n", argv[1], err)
		return 126
	}
	for sig := range signals {
		switch sig {
		case unix.SIGCHLD:
			if code, ended := collect(program); ended {
				return code
			}
		case unix.SIGURG: // Go's runtime speaks to itself
		default:
			// The program may have ended meanwhile: SIGCHLD will tell.
			if err := unix.Kill(program, sig.(syscall.Signal)); err != nil && err != unix.ESRCH {
				fmt.Fprintf(os.Stderr, "glassbox: init: pass on %v: %v\n", sig, err)
			}
		}
	}
	return 0
}

// startProgram starts argv[0], a path; the program sees the other words. On a terminal it gets the foreground, so that Ctrl-C
// reaches it.
func startProgram(argv []string) (int, error) {
	attr := &syscall.ProcAttr{Env: os.Environ(), Files: []uintptr{0, 1, 2}, Sys: &syscall.SysProcAttr{}}
	if _, err := unix.IoctlGetInt(0, unix.TIOCGPGRP); err == nil {
		attr.Sys.Foreground, attr.Sys.Ctty = true, 0
	}
	return syscall.ForkExec(argv[0], argv[1:], attr)
}

// collect waits for all that have ended.
func collect(program int) (code int, ended bool) {
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		if err == unix.EINTR {
			continue
		}
		if err != nil || pid <= 0 {
			return code, ended
		}
		if pid == program {
			code, ended = ExitCode(status), true
		}
	}
}

// ExitCode is the shell's: 128 + n for a program that signal n ended.
func ExitCode(status unix.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}
