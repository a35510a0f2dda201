// This file installs a filter for system calls. What is in it, is compiled by package runtime/seccomp.
package kernel

import (
	"fmt"
	"strconv"

	"golang.org/x/sys/unix"
)

// SeccompFilter lets a program decide each system call of the calling thread and of all that it becomes or begets. Nothing
// takes it away again. It needs no_new_privs or CAP_SYS_ADMIN. man 2 seccomp.
type SeccompFilter struct {
	Program string // struct sock_filter records: code uint16, jt and jf uint8, k uint32
	Flags   uint   // SECCOMP_FILTER_FLAG_*
}

var seccompFlags = []flagName{
	{unix.SECCOMP_FILTER_FLAG_TSYNC, "SECCOMP_FILTER_FLAG_TSYNC"},
	{unix.SECCOMP_FILTER_FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG"},
	{unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"},
	{unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, "SECCOMP_FILTER_FLAG_NEW_LISTENER"},
	{unix.SECCOMP_FILTER_FLAG_TSYNC_ESRCH, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH"},
	{unix.SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
}

func (s SeccompFilter) Do() error { return do(s) }

var errNoProgram = fmt.Errorf("%w: the program is empty", unix.EINVAL)

// calls give us the listener, for who decides is to be told a pid that the deputy does not know.
func (s SeccompFilter) calls(m *making) error {
	if len(s.Program) == 0 {
		return errNoProgram
	}
	m.letGo() // who knows whether close is allowed then
	program := words{len(s.Program) / 8, []byte(s.Program)}
	set := call{number: unix.SYS_SECCOMP, args: with{unix.SECCOMP_SET_MODE_FILTER, int(s.Flags), program}}
	if s.Flags&unix.SECCOMP_FILTER_FLAG_NEW_LISTENER == 0 {
		m.add(set)
		return nil
	}
	listener := m.opens(set)
	m.add(sending(link{}, listener, note(saidListener), 16))
	m.close(listener)
	return nil
}

func (s SeccompFilter) Call() string {
	return fmt.Sprintf("seccomp(SECCOMP_SET_MODE_FILTER, %s, {len=%d, filter=…})",
		flagString(uintptr(s.Flags), seccompFlags), len(s.Program)/8)
}

// Shell needs util-linux 2.41 or newer.
func (s SeccompFilter) Shell() string {
	return "# filter.bpf holds the " + strconv.Itoa(len(s.Program)/8) + " instructions as the kernel reads them\nsetpriv --seccomp-filter=filter.bpf"
}
