// This file brings a further program into a PID namespace that others live in already. From the moment that they see a process
// they may reach for it: for its file on the host by /proc/PID/exe (CVE-2019-5736), for its memory and descriptors
// (CVE-2016-9962). So the stage stays outside; only what it clones is in there, born with no more rights than the program is to
// have, and executes the program at once.
package kernel

import (
	"encoding/binary"
	"fmt"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// JoinProcesses says in which PID namespace the children of the calling thread are born; it stays in its own. man 2 setns.
type JoinProcesses struct{ Path string }

func (j JoinProcesses) Do() error     { return Fail(j, setns(j.Path, unix.CLONE_NEWPID)) }
func (j JoinProcesses) Call() string  { return setnsCall(j.Path, unix.CLONE_NEWPID) }
func (j JoinProcesses) Shell() string { return Quote("nsenter", "--pid="+j.Path) }

// Spawn starts a program as a sibling that has everything of the calling thread, and returns when its execve has succeeded. Our
// parent is its parent (CLONE_PARENT), and can wait for it at once: we need not have ended before. It shares no memory with us:
// with CLONE_VM, as package syscall does it, who traces the new process would write into ours, too. So the rule of cloneuser.go
// holds here: after the clone only raw system calls, on memory made ready before. man 2 clone, man 2 execve.
type Spawn struct {
	Path     string
	Args     []string
	Env      []string
	Terminal bool   // it leads a session, and its descriptor 0 is the session's terminal
	Child    *Child // receives the pid, also of one that could not execute the program: our parent has to collect it
}

func (s Spawn) Do() error {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return refused("pipe2", err)
	}
	defer unix.Close(pipe[0])
	p, err := s.prepared(pipe[1])
	if err != nil {
		return refused(s.program().Call(), err)
	}
	// Package syscall has raised our limit of open files, and puts the old one back before an execve: also before this one, of
	// nothing, which fails.
	if err := unix.Exec("", nil, nil); err != unix.ENOENT {
		return refused(`execve("")`, err)
	}
	pid, errno := p.fork()
	unix.Close(pipe[1])
	if errno != 0 {
		return refused(spawnCall, errno)
	}
	s.Child.PID = int(pid)
	return s.hear(pipe[0])
}

// hear waits for the end of the stream, which is good news, or for the errno.
func (s Spawn) hear(pipe int) error {
	answer := make([]byte, 4)
	n, err := unix.Read(pipe, answer)
	for err == unix.EINTR {
		n, err = unix.Read(pipe, answer)
	}
	if n == 0 && err == nil {
		return nil
	}
	if err == nil {
		err = syscall.Errno(binary.NativeEndian.Uint32(answer))
	}
	return refused(s.program().Call(), err)
}

const spawnCall = "clone(CLONE_PARENT|SIGCHLD)"

// spawned is all that the child needs.
type spawned struct {
	path       *byte
	argv, envp []*byte
	terminal   bool
	report     int
	failure    uint32 // an errno
}

func (s Spawn) prepared(report int) (p *spawned, err error) {
	p = &spawned{terminal: s.Terminal, report: report}
	if p.path, err = syscall.BytePtrFromString(s.Path); err != nil {
		return nil, err
	}
	if p.argv, err = syscall.SlicePtrFromStrings(s.Args); err != nil {
		return nil, err
	}
	p.envp, err = syscall.SlicePtrFromStrings(s.Env)
	return p, err
}

//go:noinline
//go:norace
func (p *spawned) fork() (pid uintptr, errno syscall.Errno) {
	beforeFork()
	pid, _, errno = syscall.RawSyscall6(unix.SYS_CLONE, unix.CLONE_PARENT|uintptr(unix.SIGCHLD), 0, 0, 0, 0, 0)
	if errno != 0 || pid != 0 {
		afterFork()
		return pid, errno
	}
	afterForkInChild()
	p.become()
	return 0, 0
}

// become is the life of the child.
//
//go:nosplit
//go:norace
func (p *spawned) become() {
	var errno syscall.Errno
	if p.terminal {
		if _, _, errno = syscall.RawSyscall(unix.SYS_SETSID, 0, 0, 0); errno == 0 {
			_, _, errno = syscall.RawSyscall(unix.SYS_IOCTL, 0, unix.TIOCSCTTY, 0)
		}
	}
	if errno == 0 {
		_, _, errno = syscall.RawSyscall(unix.SYS_EXECVE, uintptr(unsafe.Pointer(p.path)),
			uintptr(unsafe.Pointer(&p.argv[0])), uintptr(unsafe.Pointer(&p.envp[0])))
	}
	p.failure = uint32(errno)
	syscall.RawSyscall(unix.SYS_WRITE, uintptr(p.report), uintptr(unsafe.Pointer(&p.failure)), 4)
	for {
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, 125, 0, 0)
	}
}

func (s Spawn) program() Exec { return Exec{Path: s.Path, Args: s.Args, Env: s.Env} }

func (s Spawn) Call() string {
	lines := []string{spawnCall}
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
