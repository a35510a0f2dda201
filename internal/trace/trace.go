//go:build linux && amd64

// Package trace runs a program and reports every request that it, or a process it starts, makes to change the state of the
// machine: what strace would show of mounts, namespaces, files, links, identity and filters, without what only reads. It is
// the witness against which the told story is checked, so it shares no code with package kernel. man 2 ptrace.
//
// This file: following processes and pairing the entry of each call with its result.
package trace

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Call is one request. Paths are absolute: descriptors, /proc/self/fd/N and the working directory have been looked up.
type Call struct {
	PID  int
	Name string
	Text string // as strace would print it, without the result
	Ret  int64  // negative: an errno
}

// OK tells whether the kernel did what was asked.
func (c Call) OK() bool { return c.Ret >= 0 }

func (c Call) String() string { return fmt.Sprintf("[%d] %s = %d", c.PID, c.Text, c.Ret) }

const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_EXITKILL | unix.PTRACE_O_TRACEEXEC |
	unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_TRACEFORK | unix.PTRACE_O_TRACEVFORK

// tracer holds what is known of the traced threads.
type tracer struct {
	known   map[int]bool
	pending map[int][]Call // by thread: entered and not yet returned; one call can hold several requests (a netlink batch)
	calls   []Call
}

// Run starts argv and returns when it and all its descendants have ended, with the exit status of argv itself.
func Run(attr os.ProcAttr, argv ...string) ([]Call, unix.WaitStatus, error) {
	runtime.LockOSThread() // a tracee belongs to one thread
	defer runtime.UnlockOSThread()
	sys := unix.SysProcAttr{}
	if attr.Sys != nil {
		sys = *attr.Sys
	}
	sys.Ptrace = true
	attr.Sys = &sys
	p, err := os.StartProcess(argv[0], argv, &attr)
	if err != nil {
		return nil, 0, err
	}
	t := &tracer{known: map[int]bool{p.Pid: true}, pending: map[int][]Call{}}
	status, err := t.follow(p.Pid)
	return t.calls, status, errors.Join(err, p.Release())
}

func (t *tracer) follow(first int) (status unix.WaitStatus, err error) {
	var now unix.WaitStatus
	if _, err := unix.Wait4(first, &now, unix.WALL, nil); err != nil {
		return 0, err
	}
	if err := unix.PtraceSetOptions(first, options); err != nil {
		return 0, fmt.Errorf("trace %d: %w", first, err)
	}
	if err := unix.PtraceSyscall(first, 0); err != nil {
		return 0, fmt.Errorf("trace %d: %w", first, err)
	}
	for {
		// WNOTHREAD: only what this thread traces; the rest of the program waits for its own children.
		pid, err := unix.Wait4(-1, &now, unix.WALL|unix.WNOTHREAD, nil)
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.ECHILD):
			return status, nil
		case err != nil:
			return 0, err
		case now.Exited() || now.Signaled():
			if pid == first {
				status = now
			}
		default:
			if err := t.stopped(pid, now); err != nil {
				return 0, err
			}
		}
	}
}

// stopped looks at a thread that has stopped, and lets it go on.
func (t *tracer) stopped(pid int, now unix.WaitStatus) error {
	signal := 0
	switch {
	case now.StopSignal() == unix.SIGTRAP|0x80:
		if err := t.syscall(pid); err != nil {
			return err
		}
	case now.TrapCause() == unix.PTRACE_EVENT_EXEC:
		// An execve from another thread returns in the leader.
		if former, err := unix.PtraceGetEventMsg(pid); err == nil && int(former) != pid {
			t.pending[pid] = t.pending[int(former)]
			delete(t.pending, int(former))
		}
	case now.TrapCause() > 0:
	case !t.known[pid]: // a new thread or process begins with a SIGSTOP of ptrace's own
	default:
		signal = int(now.StopSignal())
	}
	t.known[pid] = true
	if err := unix.PtraceSyscall(pid, signal); err != nil && !errors.Is(err, unix.ESRCH) { // ESRCH: killed meanwhile
		return fmt.Errorf("trace %d: %w", pid, err)
	}
	return nil
}

// info is struct ptrace_syscall_info. At the entry of a call data holds its number and arguments, at its end the result.
type info struct {
	op   uint8
	_    [3]uint8
	arch uint32
	_    [2]uint64
	data [8]uint64
}

func (t *tracer) syscall(pid int) error {
	var i info
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(pid), unsafe.Sizeof(i),
		uintptr(unsafe.Pointer(&i)), 0, 0)
	switch {
	case errno == unix.ESRCH:
		return nil
	case errno != 0:
		return fmt.Errorf("PTRACE_GET_SYSCALL_INFO of %d: %w", pid, errno)
	case i.op == unix.PTRACE_SYSCALL_INFO_ENTRY:
		t.pending[pid] = enter(pid, i.data[0], [6]uint64(i.data[1:7]))
	case i.op == unix.PTRACE_SYSCALL_INFO_EXIT:
		for _, c := range t.pending[pid] {
			c.Ret = int64(i.data[0])
			t.calls = append(t.calls, c)
		}
		delete(t.pending, pid)
	}
	return nil
}
