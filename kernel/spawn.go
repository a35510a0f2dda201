// This file is the end of a visit: the program runs, in a PID namespace that others live in already.
package kernel

import (
	"fmt"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// JoinProcesses says in which PID namespace the children of the calling thread are born; it stays in its own. man 2 setns.
type JoinProcesses struct{ Path string }

func (j JoinProcesses) Do() error              { return Fail(j, setns(j.Path, unix.CLONE_NEWPID)) }
func (j JoinProcesses) calls() ([]call, error) { return joining(j.Path, unix.CLONE_NEWPID, 0), nil }
func (j JoinProcesses) Call() string           { return setnsCall(j.Path, unix.CLONE_NEWPID) }
func (j JoinProcesses) Shell() string          { return Quote("nsenter", "--pid="+j.Path) }

// Spawn runs a visitor's program. As a sibling it has everything of the visitor but its parent, which is the visitor's
// (CLONE_PARENT): that one can wait for it at once. man 2 clone, man 2 execve.
type Spawn struct {
	Paths    []string // where it may be: the first that is there and may be executed
	Args     []string
	Env      []string
	Sibling  bool // otherwise the visitor becomes the program
	Terminal bool // it leads a session, and its descriptor 0 is the session's terminal
}

// Do is for a visitor alone.
func (s Spawn) Do() error { return Fail(s, unix.ENOSYS) }

func (s Spawn) calls() (list []call, err error) {
	if s.Sibling {
		list = append(list, call{number: unix.SYS_CLONE, args: []any{unix.CLONE_PARENT | int(unix.SIGCHLD), 0, 0, 0, 0}, begets: true})
	}
	if s.Terminal {
		list = append(list, call{number: unix.SYS_SETSID, name: "setsid()"},
			call{number: unix.SYS_IOCTL, args: []any{0, unix.TIOCSCTTY, 0}, name: "ioctl(0, TIOCSCTTY, 0)"})
	}
	argv, envp := vector(s.Args), vector(s.Env)
	for i, path := range s.Paths {
		program := call{number: unix.SYS_EXECVE, args: []any{path, argv, envp}, name: s.program(i).Call()}
		if i < len(s.Paths)-1 {
			program.may = tryNext
		}
		list = append(list, program)
	}
	return list, nil
}

// tryNext are the errors after which the next directory of PATH is tried. man 3 execvp.
var tryNext = []syscall.Errno{unix.ENOENT, unix.ENOTDIR, unix.EACCES}

// vector is what execve wants: their addresses, and zero at the end.
func vector(list []string) words {
	var w words
	for _, s := range list {
		w = append(w, s)
	}
	return append(w, 0)
}

func (s Spawn) program(n int) Exec { return Exec{Path: s.Paths[n], Args: s.Args, Env: s.Env} }

func (s Spawn) Call() string {
	var lines []string
	if s.Sibling {
		lines = append(lines, "clone(CLONE_PARENT|SIGCHLD)")
	}
	if s.Terminal {
		lines = append(lines, "setsid()", "ioctl(0, TIOCSCTTY, 0)")
	}
	for i := range s.Paths {
		lines = append(lines, s.program(i).Call())
	}
	return strings.Join(lines, "\n")
}

func (s Spawn) Shell() string {
	line := fmt.Sprintf("env -i %s", Quote(append(append([]string{}, s.Env...), s.Args...)...))
	if s.Terminal {
		line = "setsid --ctty " + line
	}
	return line
}
