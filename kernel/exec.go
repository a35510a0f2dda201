// This file becomes the container's program.
package kernel

import (
	"fmt"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// CloseOnExec marks every descriptor from First on, so that the program inherits none of ours: a leaked descriptor of a host
// directory is a way out (CVE-2024-21626). man 2 close_range.
type CloseOnExec struct{ First uint }

func (c CloseOnExec) Do() error { return do(c) }
func (c CloseOnExec) calls() ([]call, error) {
	return []call{{number: unix.SYS_CLOSE_RANGE, args: []any{int(c.First), int(^uint32(0)), unix.CLOSE_RANGE_CLOEXEC}}}, nil
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

func (e Exec) Do() error { return Fail(e, unix.Exec(e.Path, e.Args, e.Env)) }
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

// ExecSelf executes this program anew, by a descriptor: its path means nothing in a container. Its arguments are our title, the
// number of a descriptor that stays open, the program that this one will start, and that one's own arguments. man 2 execveat.
type ExecSelf struct{ Args, Env []string }

func (e ExecSelf) Do() error {
	open, err := strconv.Atoi(e.Args[1])
	if err == nil {
		_, err = unix.FcntlInt(uintptr(open), unix.F_SETFD, 0)
	}
	if err != nil {
		return Fail(e, err)
	}
	fd, err := unix.Open("/proc/self/exe", unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return Fail(e, err)
	}
	return Fail(e, execveat(fd, e.Args, e.Env))
}

func (e ExecSelf) Call() string {
	return Exec{Path: "/proc/self/exe", Args: e.Args, Env: e.Env}.Call()
}

// Shell executes the program that this one would start.
func (e ExecSelf) Shell() string { return Exec{Args: e.Args[3:], Env: e.Env}.Shell() }

func execveat(fd int, args, env []string) error {
	argv, err := syscall.SlicePtrFromStrings(args)
	if err != nil {
		return err
	}
	envp, err := syscall.SlicePtrFromStrings(env)
	if err != nil {
		return err
	}
	empty := []byte{0}
	_, _, errno := unix.RawSyscall6(unix.SYS_EXECVEAT, uintptr(fd), uintptr(unsafe.Pointer(&empty[0])),
		uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&envp[0])), unix.AT_EMPTY_PATH, 0)
	runtime.KeepAlive(argv)
	runtime.KeepAlive(envp)
	return errno
}
