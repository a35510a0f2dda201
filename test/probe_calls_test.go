//go:build linux && amd64

// This file makes the system calls that Docker's default profile refuses, and some that it allows.
package test

import (
	"fmt"
	"maps"
	"runtime"
	"slices"

	"golang.org/x/sys/unix"
)

// rawCalls are tried with arguments that do no harm where they are allowed.
var rawCalls = map[string]struct {
	number uintptr
	args   [3]uintptr
}{
	"keyctl":            {unix.SYS_KEYCTL, [3]uintptr{unix.KEYCTL_GET_KEYRING_ID, ^uintptr(2), 0}}, // the session's
	"add_key":           {unix.SYS_ADD_KEY, [3]uintptr{}},
	"request_key":       {unix.SYS_REQUEST_KEY, [3]uintptr{}},
	"bpf":               {unix.SYS_BPF, [3]uintptr{unix.BPF_PROG_GET_NEXT_ID, 0, 0}},
	"perf_event_open":   {unix.SYS_PERF_EVENT_OPEN, [3]uintptr{}},
	"unshare user":      {unix.SYS_UNSHARE, [3]uintptr{unix.CLONE_NEWUSER}},
	"unshare mount":     {unix.SYS_UNSHARE, [3]uintptr{unix.CLONE_NEWNS}},
	"setns":             {unix.SYS_SETNS, [3]uintptr{0, 0}},
	"clone user":        {unix.SYS_CLONE, [3]uintptr{unix.CLONE_NEWUSER | uintptr(unix.SIGCHLD)}},
	"clone3":            {unix.SYS_CLONE3, [3]uintptr{0, 0}},
	"io_uring_setup":    {unix.SYS_IO_URING_SETUP, [3]uintptr{0, 0}},
	"io_uring_enter":    {unix.SYS_IO_URING_ENTER, [3]uintptr{^uintptr(0)}},
	"io_uring_register": {unix.SYS_IO_URING_REGISTER, [3]uintptr{^uintptr(0)}},
	"mount":             {unix.SYS_MOUNT, [3]uintptr{}},
	"umount2":           {unix.SYS_UMOUNT2, [3]uintptr{}},
	"pivot_root":        {unix.SYS_PIVOT_ROOT, [3]uintptr{}},
	"open_tree":         {unix.SYS_OPEN_TREE, [3]uintptr{}},
	"move_mount":        {unix.SYS_MOVE_MOUNT, [3]uintptr{}},
	"fsopen":            {unix.SYS_FSOPEN, [3]uintptr{}},
	"mount_setattr":     {unix.SYS_MOUNT_SETATTR, [3]uintptr{}},
	"open_by_handle_at": {unix.SYS_OPEN_BY_HANDLE_AT, [3]uintptr{}},
	"init_module":       {unix.SYS_INIT_MODULE, [3]uintptr{}},
	"finit_module":      {unix.SYS_FINIT_MODULE, [3]uintptr{^uintptr(0)}},
	"delete_module":     {unix.SYS_DELETE_MODULE, [3]uintptr{}},
	"kexec_load":        {unix.SYS_KEXEC_LOAD, [3]uintptr{}},
	"reboot":            {unix.SYS_REBOOT, [3]uintptr{}},
	"swapon":            {unix.SYS_SWAPON, [3]uintptr{}},
	"acct":              {unix.SYS_ACCT, [3]uintptr{1}},
	"quotactl":          {unix.SYS_QUOTACTL, [3]uintptr{}},
	"settimeofday":      {unix.SYS_SETTIMEOFDAY, [3]uintptr{1, 1}},
	"userfaultfd":       {unix.SYS_USERFAULTFD, [3]uintptr{^uintptr(0)}},
	"move_pages":        {unix.SYS_MOVE_PAGES, [3]uintptr{^uintptr(0)}},
	"personality":       {unix.SYS_PERSONALITY, [3]uintptr{0x0040000}},
	"socket vsock":      {unix.SYS_SOCKET, [3]uintptr{unix.AF_VSOCK, unix.SOCK_STREAM}},
	"ptrace":            {unix.SYS_PTRACE, [3]uintptr{unix.PTRACE_SEIZE, 1 << 22}}, // no such process
	"process_vm_readv":  {unix.SYS_PROCESS_VM_READV, [3]uintptr{1 << 22}},
	"kcmp":              {unix.SYS_KCMP, [3]uintptr{1 << 22, 1 << 22}},
	"getpid":            {unix.SYS_GETPID, [3]uintptr{}},
	"name_to_handle_at": {unix.SYS_NAME_TO_HANDLE_AT, [3]uintptr{^uintptr(0)}},
	"syslog":            {unix.SYS_SYSLOG, [3]uintptr{^uintptr(0)}},
}

// makeCalls prints what each call answers.
func makeCalls([]string) error {
	runtime.LockOSThread()
	for _, name := range slices.Sorted(maps.Keys(rawCalls)) {
		c := rawCalls[name]
		r, _, errno := unix.RawSyscall(c.number, c.args[0], c.args[1], c.args[2])
		switch {
		case name == "clone user" && errno == 0 && r == 0:
			unix.RawSyscall(unix.SYS_EXIT_GROUP, 0, 0, 0)
		case errno == 0:
			fmt.Println(name + ": done")
		default:
			fmt.Println(name + ": " + unix.ErrnoName(errno))
		}
	}
	return nil
}
