// This file is how a deputy ends: it becomes the program, or the program runs in a PID namespace that others live in already.
package kernel

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// JoinProcesses says in which PID namespace the children of the calling thread are born; it stays in its own. man 2 setns.
type JoinProcesses struct{ Path string }

func (j JoinProcesses) Do() error { return do(j) }
func (j JoinProcesses) calls(m *making) error {
	m.join(j.Path, unix.CLONE_NEWPID)
	return nil
}
func (j JoinProcesses) Call() string  { return setnsCall(j.Path, unix.CLONE_NEWPID) }
func (j JoinProcesses) Shell() string { return Quote("nsenter", "--pid="+j.Path) }

// Spawn runs a visitor's program. As a sibling it has everything of the visitor but its parent, which is the visitor's
// (CLONE_PARENT): that one can wait for it at once. man 2 clone, man 2 execve.
type Spawn struct {
	Paths    []string // where it may be: the first that is there and may be executed
	Args     []string
	Env      []string
	Sibling  bool // otherwise the visitor becomes the program
	Terminal bool // it leads a session, and its descriptor 0 is the session's terminal
}

// Do is for a deputy alone.
func (s Spawn) Do() error { return Fail(s, unix.ENOSYS) }

func (s Spawn) calls(m *making) error {
	cloned, said := new(mark), note(saidProgram)
	if s.Sibling {
		m.add(call{number: unix.SYS_CLONE, args: with{unix.CLONE_PARENT | int(unix.SIGCHLD), 0, 0, 0, 0}, saves: &within{said, 8}, then: cloned})
	}
	if s.Terminal {
		m.add(call{number: unix.SYS_SETSID, name: "setsid()"},
			call{number: unix.SYS_IOCTL, args: with{0, unix.TIOCSCTTY, 0}, name: "ioctl(0, TIOCSCTTY, 0)"})
	}
	argv, envp := vector(s.Args), vector(s.Env)
	for i, path := range s.Paths {
		program := call{number: unix.SYS_EXECVE, args: with{path, argv, envp}, name: s.program(i).Call()}
		if i < len(s.Paths)-1 {
			program.may = tryNext
		}
		m.add(program)
	}
	if s.Sibling {
		m.here(cloned)
		m.add(saying(said), call{number: unix.SYS_EXIT_GROUP, args: with{0}})
	}
	return nil
}

// note is two words: what it is, and a number.
func note(kind uint64) *memory {
	m := room(16)
	binary.NativeEndian.PutUint64(m.content, kind)
	return m
}

func saying(m *memory) call {
	return call{number: unix.SYS_WRITE, args: with{link{}, m, len(m.content)}}
}

// tryNext are the errors after which the next directory of PATH is tried. man 3 execvp.
var tryNext = errnos(unix.ENOENT, unix.ENOTDIR, unix.EACCES)

// vector is what execve wants: their addresses, and zero at the end.
func vector(list []string) *words {
	var w words
	for _, s := range list {
		w = append(w, s)
	}
	w = append(w, 0)
	return &w
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
