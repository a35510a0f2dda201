// This file brings a further program into a PID namespace that others live in already. From the moment that they see a process
// they may reach for it: for its file on the host by /proc/PID/exe (CVE-2019-5736), for its memory and descriptors
// (CVE-2016-9962). So the stage stays outside; only its child is in there, born with no more rights than the program is to
// have, and executes the program at once.
package kernel

import (
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// AdoptOrphans makes the calling process the parent of its children's children when these lose their own.
// man 2 prctl, PR_SET_CHILD_SUBREAPER.
type AdoptOrphans struct{}

func (a AdoptOrphans) Do() error {
	return Fail(a, unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
}
func (a AdoptOrphans) Call() string  { return "prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)" }
func (a AdoptOrphans) Shell() string { return "" }

// JoinProcesses says in which PID namespace the children of the calling thread are born; it stays in its own. man 2 setns.
type JoinProcesses struct{ Path string }

func (j JoinProcesses) Do() error     { return Fail(j, setns(j.Path, unix.CLONE_NEWPID)) }
func (j JoinProcesses) Call() string  { return setnsCall(j.Path, unix.CLONE_NEWPID) }
func (j JoinProcesses) Shell() string { return Quote("nsenter", "--pid="+j.Path) }

// Spawn starts a program as a child that has everything of the calling thread, and returns when its execve has succeeded.
// man 2 clone, CLONE_VFORK; man 2 execve.
type Spawn struct {
	Path     string
	Args     []string
	Env      []string
	Files    int    // descriptors that it gets, from 0
	Terminal bool   // it leads a session, and its descriptor 0 is the session's terminal
	Child    *Child // receives the pid
}

func (s Spawn) Do() error {
	attr := &syscall.ProcAttr{Env: s.Env, Files: make([]uintptr, s.Files), Sys: &syscall.SysProcAttr{Setsid: s.Terminal, Setctty: s.Terminal}}
	for fd := range s.Files {
		attr.Files[fd] = uintptr(fd)
		if _, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil {
			attr.Files[fd] = ^uintptr(0) // closed, and so it stays
		}
	}
	var err error
	s.Child.PID, err = syscall.ForkExec(s.Path, s.Args, attr)
	if err != nil {
		return refused(s.program().Call(), err)
	}
	return nil
}

func (s Spawn) program() Exec { return Exec{Path: s.Path, Args: s.Args, Env: s.Env} }

func (s Spawn) Call() string {
	lines := []string{"clone(CLONE_VM|CLONE_VFORK|SIGCHLD)"}
	if s.Terminal {
		lines = append(lines, "setsid()", "ioctl(0, TIOCSCTTY, 0)")
	}
	return strings.Join(append(lines, s.program().Call()), "\n")
}

func (s Spawn) Shell() string {
	line := fmt.Sprintf("env -i %s", Quote(append(append([]string{}, s.Env...), s.Args...)...))
	if s.Terminal {
		line = "setsid --ctty " + line
	}
	return line
}
