// This file installs a filter for system calls. What is in it, is compiled by package runtime/seccomp.
package kernel

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// SeccompFilter lets a program decide each system call of the calling thread and of all that it becomes or begets. Nothing
// takes it away again. It needs no_new_privs or CAP_SYS_ADMIN. man 2 seccomp.
type SeccompFilter struct {
	Program string // struct sock_filter records: code uint16, jt and jf uint8, k uint32
	Flags   uint   // SECCOMP_FILTER_FLAG_*
	State   string // goes with the listener's descriptor to the one who decides calls
	Socket  int    // and this is where; closed afterwards
}

var seccompFlags = []flagName{
	{unix.SECCOMP_FILTER_FLAG_TSYNC, "SECCOMP_FILTER_FLAG_TSYNC"},
	{unix.SECCOMP_FILTER_FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG"},
	{unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"},
	{unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, "SECCOMP_FILTER_FLAG_NEW_LISTENER"},
	{unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH"},
	{unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
}

func (s SeccompFilter) Do() error {
	if len(s.Program) == 0 {
		return Fail(s, errNoProgram)
	}
	code := s.instructions()
	program := unix.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	thread, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, uintptr(s.Flags), uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(code)
	if errno != 0 {
		return Fail(s, errno)
	}
	if s.Flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER != 0 {
		return Fail(s, s.sendListener(int(thread)))
	}
	if thread != 0 { // SECCOMP_FILTER_FLAG_TSYNC alone answers so
		return Fail(s, fmt.Errorf("%w: thread %d has another filter", unix.ESRCH, thread))
	}
	return nil
}

var errNoProgram = fmt.Errorf("%w: the program is empty", unix.EINVAL)

// calls are for a visitor: it gives us the listener, for who decides is to be told the visitor's pid.
func (s SeccompFilter) calls() ([]call, error) {
	if len(s.Program) == 0 {
		return nil, errNoProgram
	}
	program := words{len(s.Program) / 8, []byte(s.Program)}
	list := []call{{number: unix.SYS_SECCOMP, args: []any{unix.SECCOMP_SET_MODE_FILTER, int(s.Flags), program}}}
	if s.Flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER == 0 {
		return list, nil
	}
	list[0].opens = true
	return append(list, sending(s.Socket, words{saidListener, 0}, 16), closing(0)), nil
}

// sendListener hands over the descriptor by which another process is asked about calls, and answers. From the filter's first
// moment on such calls wait for it.
func (s SeccompFilter) sendListener(listener int) error {
	defer unix.Close(s.Socket)
	defer unix.Close(listener)
	if err := unix.Sendmsg(s.Socket, []byte(s.State), unix.UnixRights(listener), nil, 0); err != nil {
		return fmt.Errorf("send the listener to the one who decides (linux.seccomp.listenerPath): %w", err)
	}
	return nil
}

func (s SeccompFilter) instructions() []unix.SockFilter {
	code := make([]unix.SockFilter, len(s.Program)/8)
	for i := range code {
		record := []byte(s.Program[8*i : 8*i+8])
		code[i] = unix.SockFilter{
			Code: binary.NativeEndian.Uint16(record), Jt: record[2], Jf: record[3], K: binary.NativeEndian.Uint32(record[4:]),
		}
	}
	return code
}

func (s SeccompFilter) Call() string {
	return fmt.Sprintf("seccomp(SECCOMP_SET_MODE_FILTER, %s, {len=%d, filter=…})",
		flagString(uintptr(s.Flags), seccompFlags), len(s.Program)/8)
}

// Shell needs util-linux 2.41 or newer.
func (s SeccompFilter) Shell() string {
	return "# filter.bpf holds the " + strconv.Itoa(len(s.Program)/8) + " instructions as the kernel reads them\nsetpriv --seccomp-filter=filter.bpf"
}
