// These tests look at whole profiles: Docker's, other architectures, calls that are newer; and at the table of numbers.
package seccomp

import (
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestDefaultProfile(t *testing.T) {
	plain, err := Default([]string{"CAP_CHOWN"})
	if err != nil {
		t.Fatal(err)
	}
	admin, err := Default([]string{"CAP_SYS_ADMIN"})
	if err != nil {
		t.Fatal(err)
	}
	f, g := mustCompile(t, plain), mustCompile(t, admin)
	t.Logf("%d instructions", f.Len())
	const newns, sigchld = unix.CLONE_NEWNS, uint64(unix.SIGCHLD)
	check(t, f, call(t, "openat"), allow)
	check(t, f, call(t, "mount"), eperm)
	check(t, g, call(t, "mount"), allow)
	check(t, f, call(t, "clone3"), nosys)
	check(t, g, call(t, "clone3"), allow)
	check(t, f, call(t, "clone", sigchld), allow)
	check(t, f, call(t, "clone", sigchld|newns), eperm)
	check(t, g, call(t, "clone", sigchld|newns), allow)
	check(t, f, call(t, "socket", unix.AF_INET), allow)
	check(t, f, call(t, "socket", unix.AF_ALG), eperm)
	check(t, f, call(t, "socket", unix.AF_VSOCK), eperm)
	check(t, f, callOn(t, specs.ArchX32, "execve"), allow)
	check(t, f, callOn(t, specs.ArchX86, "socketcall", 1), allow)
	check(t, f, callOn(t, specs.ArchX86, "mount"), eperm)
	check(t, f, callOn(t, specs.ArchAARCH64, "openat"), unix.SECCOMP_RET_KILL_THREAD)
	check(t, f, Call{Arch: specs.ArchX86_64, Number: 0x3000}, nosys)
	check(t, f, Call{Arch: specs.ArchX86, Number: 0x3000}, nosys)
	check(t, f, Call{Arch: specs.ArchX32, Number: x32Bit | 0x3000}, nosys)
}

func TestNewerCalls(t *testing.T) {
	newer := Call{Arch: specs.ArchX86_64, Number: 5000}
	hole := call(t, "getpid") // older than what the profile names
	for act, want := range map[specs.LinuxSeccompAction]uint32{
		specs.ActErrno: nosys, specs.ActKillProcess: nosys, specs.ActTrap: nosys,
		specs.ActAllow: allow, specs.ActLog: unix.SECCOMP_RET_LOG, specs.ActTrace: unix.SECCOMP_RET_TRACE | uint32(unix.EPERM),
	} {
		s := &specs.LinuxSeccomp{DefaultAction: act, Syscalls: []specs.LinuxSyscall{rulesFor("mseal", specs.ActTrap)}}
		f := mustCompile(t, s)
		check(t, f, newer, want)
		def, err := action(act, nil)
		if err != nil {
			t.Fatal(err)
		}
		check(t, f, hole, def)
	}
}

func TestArchitectures(t *testing.T) {
	s := only(rulesFor("getpid", specs.ActAllow))
	f := mustCompile(t, s)
	check(t, f, call(t, "getpid"), allow)
	check(t, f, callOn(t, specs.ArchX32, "getpid"), unix.SECCOMP_RET_KILL_THREAD)
	check(t, f, callOn(t, specs.ArchX86, "getpid"), unix.SECCOMP_RET_KILL_THREAD)
	check(t, f, Call{Arch: specs.ArchX86_64, Number: ^uint32(0)}, eperm)

	s.Architectures = []specs.Arch{specs.ArchX86, specs.ArchX32, specs.ArchX86_64, specs.ArchMIPS}
	f = mustCompile(t, s)
	check(t, f, callOn(t, specs.ArchX32, "getpid"), allow)
	check(t, f, callOn(t, specs.ArchX86, "getpid"), allow)

	s = only(rulesFor("set_tls", specs.ActAllow), rulesFor("getpid", specs.ActAllow))
	s.Architectures = []specs.Arch{specs.ArchARM}
	f, err := compile(s, specs.ArchAARCH64)
	if err != nil {
		t.Fatal(err)
	}
	check(t, f, callOn(t, specs.ArchAARCH64, "getpid"), allow)
	check(t, f, callOn(t, specs.ArchARM, "set_tls"), allow)
	check(t, f, callOn(t, specs.ArchARM, "cacheflush"), nosys)
	check(t, f, Call{Arch: specs.ArchARM, Number: 9999}, nosys)
	check(t, f, call(t, "getpid"), unix.SECCOMP_RET_KILL_THREAD)
}

func TestTableIsThatOfTheMachine(t *testing.T) {
	if !slices.IsSortedFunc(table[:], func(a, b row) int { return strings.Compare(a.name, b.name) }) {
		t.Error("ztable.go is not sorted by name")
	}
	for name, want := range map[string]uint32{
		"read": unix.SYS_READ, "openat": unix.SYS_OPENAT, "clone3": unix.SYS_CLONE3, "execveat": unix.SYS_EXECVEAT,
		"newfstatat": unix.SYS_NEWFSTATAT, "umount2": unix.SYS_UMOUNT2, "listns": unix.SYS_LISTNS,
	} {
		if nr, ok := Number(Native(), name); !ok || nr != want {
			t.Errorf("%s is %d, want %d", name, nr, want)
		}
		if got := Name(Native(), want); got != name {
			t.Errorf("%d is %s, want %s", want, got, name)
		}
	}
}
