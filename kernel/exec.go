// This file becomes the container's program.
package kernel

import (
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// CloseOnExec marks every descriptor from First on, so that the program inherits none of ours: a leaked descriptor of a host
// directory is a way out (CVE-2024-21626). man 2 close_range.
type CloseOnExec struct{ First uint }

func (c CloseOnExec) Do() error { return do(c) }
func (c CloseOnExec) calls(m *making) error {
	m.add(call{number: unix.SYS_CLOSE_RANGE, args: with{int(c.First), int(^uint32(0)), unix.CLOSE_RANGE_CLOEXEC}})
	return nil
}
func (c CloseOnExec) Call() string {
	return fmt.Sprintf("close_range(%d, ~0U, CLOSE_RANGE_CLOEXEC)", c.First)
}
func (c CloseOnExec) Shell() string { return "" }

// Exec replaces this process by a program. On success Do does not return. man 2 execve.
type Exec struct {
	Path string
	Args []string
	Env  []string
}

func (e Exec) Do() error { return do(e) }
func (e Exec) calls(m *making) error {
	m.add(call{number: unix.SYS_EXECVE, args: with{e.Path, vector(e.Args), vector(e.Env)}})
	return nil
}
func (e Exec) Call() string {
	quoted := make([]string, len(e.Args))
	for i, a := range e.Args {
		quoted[i] = fmt.Sprintf("%q", a)
	}
	return fmt.Sprintf("execve(%q, [%s], [/* %d vars */])", e.Path, strings.Join(quoted, ", "), len(e.Env))
}
func (e Exec) Shell() string {
	return "exec env -i " + Quote(append(append([]string{}, e.Env...), e.Args...)...)
}

// ExecSelf executes this program, by a descriptor of it: its path means nothing in a container. Its arguments are our title, the
// number of a descriptor that stays open, the program that this one will start, and that one's own arguments. man 2 execveat.
type ExecSelf struct {
	Args, Env []string
	Self      int // descriptor of this program
}

func (e ExecSelf) Do() error { return do(e) }
func (e ExecSelf) calls(m *making) error {
	open, err := strconv.Atoi(e.Args[1])
	if err != nil {
		return err
	}
	m.add(
		call{number: unix.SYS_FCNTL, args: with{open, unix.F_SETFD, 0}},
		call{number: unix.SYS_EXECVEAT, args: with{e.Self, "", vector(e.Args), vector(e.Env), unix.AT_EMPTY_PATH}},
	)
	return nil
}

func (e ExecSelf) Call() string {
	return Exec{Path: "/proc/self/exe", Args: e.Args, Env: e.Env}.Call()
}

// Shell executes the program that this one would start.
func (e ExecSelf) Shell() string { return Exec{Args: e.Args[3:], Env: e.Env}.Shell() }
