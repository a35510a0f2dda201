// This file starts a process by hand, where package syscall can not: in a user namespace that others live in already, in a new
// one as an ordinary user, and in a new time namespace. setns lets nobody with several threads change the user namespace, and
// Go always has several; a fork copies the calling thread alone, and its copy can join. Until it has executed a program that copy is no Go program any more: no other thread is there to collect garbage, to
// grow a stack or to hold a lock that it might want. Rule: after the fork only raw system calls, on memory made ready before,
// in functions that never grow the stack (nosplit).
//
//	us                     middle, one thread               the child
//	fork              -->  (waits, in a user namespace of its own, until
//	maps its ids      -->  we have mapped its ids: see usermap.go)
//	                       joins the namespaces
//	                       becomes their user 0
//	                       clone(CLONE_PARENT, new …)  -->  our child, not its own
//	read the pid      <--  writes the pid, ends             descriptors, execve
//
// The middle is there because a PID namespace receives only children, and because what is made new has to belong to the user
// namespace that was joined.
package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The Go runtime's own preparations for a fork, which package syscall uses: hold back signals, and let go of them.

//go:linkname beforeFork syscall.runtime_BeforeFork
func beforeFork()

//go:linkname afterFork syscall.runtime_AfterFork
func afterFork()

//go:linkname afterForkInChild syscall.runtime_AfterForkInChild
func afterForkInChild()

// joiner is all that the two processes need, made before the fork.
type joiner struct {
	middle, child cloneArgs
	namespaces    []joinable
	files         []int // become 0, 1, 2 …; -1: closed
	exe           int
	argv, envp    []*byte
	empty         *byte
	report        int
	record        [2]int32 // what is written to report: a kind, and a pid or an errno
	gate          [2]int   // a pipe: the middle waits for a byte out of it; 0: it need not
	toUser        bool     // it becomes user 0 of another user namespace
	newTime       bool
	clocks        *byte  // "/proc/self/timens_offsets"
	offsets       []byte // what is written there; empty: nothing
}

type joinable struct {
	fd   int
	flag uintptr
	done bool
}

// cloneArgs is struct clone_args of linux/sched.h, as far as the cgroup.
type cloneArgs struct {
	flags, pidfd, childTID, parentTID, exitSignal, stack, stackSize, tls, setTID, setTIDSize, cgroup uint64
}

// The kinds of records besides the index of a namespace that could not be joined.
const (
	reportPID = -1 - iota
	reportUser
	reportTime
	reportOffsets
	reportClone
	reportExec
)

func (c Clone) joinsUser() bool {
	for _, ns := range c.Join {
		if ns.Flag == unix.CLONE_NEWUSER {
			return true
		}
	}
	return false
}

func (c Clone) forkInto() error {
	var opened []int
	defer func() {
		for _, fd := range opened {
			unix.Close(fd)
		}
	}()
	keep := func(fd int, err error) (int, error) {
		if err == nil {
			opened = append(opened, fd)
		}
		return fd, err
	}
	j, err := c.joiner(keep)
	if err != nil {
		return err
	}
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("pipe2: %w", err)
	}
	answers := os.NewFile(uintptr(pipe[0]), "answers")
	defer answers.Close()
	j.report, err = unix.FcntlInt(uintptr(pipe[1]), unix.F_DUPFD_CLOEXEC, len(j.files))
	unix.Close(pipe[1])
	if err != nil {
		return fmt.Errorf("dup: %w", err)
	}
	// Package syscall has raised our limit of open files, and puts the old one back before an execve: also before this one, of
	// nothing, which fails.
	if err := unix.Exec("", nil, nil); err != unix.ENOENT {
		return refused(`execve("")`, err)
	}
	syscall.ForkLock.Lock()
	middle, errno := j.fork()
	syscall.ForkLock.Unlock()
	unix.Close(j.report)
	runtime.KeepAlive(c.Child.Files)
	if errno != 0 {
		return refused(c.cloneCall(), errno)
	}
	if j.gate != [2]int{} {
		err = c.mapIDs(int(middle))
		if err == nil {
			_, err = unix.Write(j.gate[1], []byte{0})
		}
		unix.Close(j.gate[1]) // without a byte it ends
		opened = slices.DeleteFunc(opened, func(fd int) bool { return fd == j.gate[1] })
	}
	if heard := c.hearJoiner(answers, int(middle)); err == nil {
		err = heard
	}
	return err
}

// joiner opens everything, beyond the descriptors that the child will have, so that none is in the way of another.
func (c Clone) joiner(keep func(int, error) (int, error)) (*joiner, error) {
	j := &joiner{middle: cloneArgs{exitSignal: uint64(unix.SIGCHLD)}, empty: new(byte)}
	j.child = cloneArgs{flags: uint64(c.New&^(unix.CLONE_NEWTIME|unix.CLONE_NEWUSER)) | unix.CLONE_PARENT}
	if err := c.prepareMiddle(j, keep); err != nil {
		return nil, err
	}
	first := len(c.Child.Files)
	above := func(fd int) (int, error) { return keep(unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, first)) }
	exe, err := deputyImage(c.Child.Link)
	if err != nil {
		return nil, err
	}
	defer exe.Close()
	if j.exe, err = above(int(exe.Fd())); err != nil {
		return nil, err
	}
	if c.Cgroup != "" {
		group, err := keep(unix.Open(c.Cgroup, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0))
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", c.Cgroup, err)
		}
		j.middle.flags, j.middle.cgroup = j.middle.flags|unix.CLONE_INTO_CGROUP, uint64(group)
	}
	for _, ns := range c.Join {
		fd, err := keep(unix.Open(ns.Path, unix.O_RDONLY|unix.O_CLOEXEC, 0))
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", ns.Path, err)
		}
		j.namespaces = append(j.namespaces, joinable{fd: fd, flag: ns.Flag})
	}
	for _, f := range c.Child.Files {
		fd := -1
		if f != nil {
			if fd, err = above(int(f.Fd())); err != nil {
				return nil, err
			}
		}
		j.files = append(j.files, fd)
	}
	if j.argv, err = syscall.SlicePtrFromStrings(c.Child.Argv); err != nil {
		return nil, err
	}
	j.envp, err = syscall.SlicePtrFromStrings(c.Child.Env)
	return j, err
}

// prepareMiddle says what the middle has to do besides joining.
func (c Clone) prepareMiddle(j *joiner, keep func(int, error) (int, error)) (err error) {
	j.toUser, j.newTime = c.joinsUser() || c.New&unix.CLONE_NEWUSER != 0, c.New&unix.CLONE_NEWTIME != 0
	j.offsets = []byte(offsetLines(c.Offsets))
	if j.clocks, err = syscall.BytePtrFromString("/proc/self/timens_offsets"); err != nil || c.New&unix.CLONE_NEWUSER == 0 {
		return err
	}
	j.middle.flags = unix.CLONE_NEWUSER
	if err := unix.Pipe2(j.gate[:], unix.O_CLOEXEC); err != nil {
		return fmt.Errorf("pipe2: %w", err)
	}
	for _, fd := range j.gate {
		if _, err := keep(fd, nil); err != nil {
			return err
		}
	}
	return nil
}

//go:noinline
//go:norace
func (j *joiner) fork() (pid uintptr, errno syscall.Errno) {
	beforeFork()
	pid, _, errno = syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&j.middle)), unsafe.Sizeof(j.middle), 0)
	if errno != 0 || pid != 0 {
		afterFork()
		return pid, errno
	}
	afterForkInChild()
	j.join()
	return 0, 0
}

// join is the life of the middle. Others' namespaces come first, while we have the rights that we came with; what these do
// not suffice for is tried again with those of the user namespace.
//
//go:nosplit
//go:norace
func (j *joiner) join() {
	if j.gate[1] != 0 {
		syscall.RawSyscall(unix.SYS_CLOSE, uintptr(j.gate[1]), 0, 0)
		n, _, errno := syscall.RawSyscall(unix.SYS_READ, uintptr(j.gate[0]), uintptr(unsafe.Pointer(&j.record)), 1)
		if n != 1 {
			j.say(reportUser, int32(errno))
		}
	}
	for pass := 0; pass < 3; pass++ {
		for i := range j.namespaces {
			n := &j.namespaces[i]
			if n.done || (n.flag == unix.CLONE_NEWUSER) != (pass == 1) {
				continue
			}
			_, _, errno := syscall.RawSyscall(unix.SYS_SETNS, uintptr(n.fd), n.flag, 0)
			n.done = errno == 0
			if errno != 0 && pass > 0 {
				j.say(int32(i), int32(errno))
			}
		}
	}
	if j.newTime {
		j.setClocks()
	}
	if j.toUser {
		if _, _, errno := syscall.RawSyscall(unix.SYS_SETRESGID, 0, 0, 0); errno != 0 {
			j.say(reportUser, int32(errno))
		}
		if _, _, errno := syscall.RawSyscall(unix.SYS_SETRESUID, 0, 0, 0); errno != 0 {
			j.say(reportUser, int32(errno))
		}
	}
	pid, _, errno := syscall.RawSyscall(unix.SYS_CLONE3, uintptr(unsafe.Pointer(&j.child)), unsafe.Sizeof(j.child), 0)
	switch {
	case errno != 0:
		j.say(reportClone, int32(errno))
	case pid == 0:
		j.become()
	}
	j.say(reportPID, int32(pid))
}

// setClocks makes a time namespace. It is entered by children only, and its clocks may be set only before the first of them.
// The child must not share our memory (as package syscall would have it): before Linux 6.3 the kernel refused that.
//
//go:nosplit
//go:norace
func (j *joiner) setClocks() {
	if _, _, errno := syscall.RawSyscall(unix.SYS_UNSHARE, unix.CLONE_NEWTIME, 0, 0); errno != 0 {
		j.say(reportTime, int32(errno))
	}
	if len(j.offsets) == 0 {
		return
	}
	here := unix.AT_FDCWD
	fd, _, errno := syscall.RawSyscall6(unix.SYS_OPENAT, uintptr(here), uintptr(unsafe.Pointer(j.clocks)), unix.O_WRONLY|unix.O_CLOEXEC, 0, 0, 0)
	if errno == 0 {
		_, _, errno = syscall.RawSyscall(unix.SYS_WRITE, fd, uintptr(unsafe.Pointer(&j.offsets[0])), uintptr(len(j.offsets)))
	}
	if errno != 0 {
		j.say(reportOffsets, int32(errno))
	}
}

// become is the life of the child.
//
//go:nosplit
//go:norace
func (j *joiner) become() {
	for i, fd := range j.files {
		if fd < 0 {
			syscall.RawSyscall(unix.SYS_CLOSE, uintptr(i), 0, 0)
		} else if _, _, errno := syscall.RawSyscall(unix.SYS_DUP3, uintptr(fd), uintptr(i), 0); errno != 0 {
			j.say(reportExec, int32(errno))
		}
	}
	_, _, errno := syscall.RawSyscall6(unix.SYS_EXECVEAT, uintptr(j.exe), uintptr(unsafe.Pointer(j.empty)),
		uintptr(unsafe.Pointer(&j.argv[0])), uintptr(unsafe.Pointer(&j.envp[0])), unix.AT_EMPTY_PATH, 0)
	j.say(reportExec, int32(errno))
}

// say reports, and ends the process.
//
//go:nosplit
//go:norace
func (j *joiner) say(kind, value int32) {
	j.record = [2]int32{kind, value}
	syscall.RawSyscall(unix.SYS_WRITE, uintptr(j.report), uintptr(unsafe.Pointer(&j.record)), unsafe.Sizeof(j.record))
	for {
		syscall.RawSyscall(unix.SYS_EXIT_GROUP, 125, 0, 0)
	}
}

// hearJoiner reads the reports up to the end of the stream: the middle has ended, and the child has executed or ended as well.
func (c Clone) hearJoiner(answers io.Reader, middle int) error {
	said, err := io.ReadAll(answers)
	err = errors.Join(err, collect(middle))
	if err != nil {
		return fmt.Errorf("read what became of the child: %w", err)
	}
	var failure error
	for ; len(said) >= 8; said = said[8:] {
		kind, value := int32(binary.NativeEndian.Uint32(said)), int32(binary.NativeEndian.Uint32(said[4:]))
		errno := syscall.Errno(value)
		switch kind {
		case reportPID:
			c.Child.PID = int(value)
		case reportUser:
			failure = refused("setresuid(0, 0, 0)", errno)
		case reportTime:
			failure = refused("unshare(CLONE_NEWTIME)", errno)
		case reportOffsets:
			failure = refused(c.offsetsCall(), errno)
		case reportClone:
			failure = refused(c.cloneCall(), errno)
		case reportExec:
			failure = refused(`execve("/memfd:glassbox")`, errno)
		default:
			failure = refused(setnsCall(c.Join[kind].Path, c.Join[kind].Flag), errno)
		}
	}
	if failure != nil && c.Child.PID != 0 {
		failure = errors.Join(failure, collect(c.Child.PID))
		c.Child.PID = 0
	}
	if failure == nil && c.Child.PID == 0 {
		failure = fmt.Errorf("start a process: the one that should do it has ended")
	}
	return failure
}
