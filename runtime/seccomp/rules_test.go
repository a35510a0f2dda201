// These tests give profiles of a few rules and decide single calls.
package seccomp

import (
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestOperators(t *testing.T) {
	values := []uint64{0, 1, 2, 1<<32 - 1, 1 << 32, 1<<32 + 1, 1<<63 + 7, ^uint64(0)}
	holds := map[specs.LinuxSeccompOperator]func(a, v, w uint64) bool{
		specs.OpEqualTo:      func(a, v, _ uint64) bool { return a == v },
		specs.OpNotEqual:     func(a, v, _ uint64) bool { return a != v },
		specs.OpLessThan:     func(a, v, _ uint64) bool { return a < v },
		specs.OpLessEqual:    func(a, v, _ uint64) bool { return a <= v },
		specs.OpGreaterThan:  func(a, v, _ uint64) bool { return a > v },
		specs.OpGreaterEqual: func(a, v, _ uint64) bool { return a >= v },
		specs.OpMaskedEqual:  func(a, v, w uint64) bool { return a&v == w },
	}
	for op, holds := range holds {
		for _, v := range values {
			for _, w := range values {
				arg := specs.LinuxSeccompArg{Index: 3, Op: op, Value: v, ValueTwo: w}
				f := mustCompile(t, only(rulesFor("mmap", specs.ActAllow, arg)))
				for _, a := range values {
					want := eperm
					if holds(a, v, w) {
						want = allow
					}
					check(t, f, call(t, "mmap", 9, 9, 9, a), want)
				}
			}
		}
	}
}

// Arguments of 32-bit programs: only the low halves count, so that a constant of -1 finds their -1.
func TestNarrow(t *testing.T) {
	minus1 := specs.LinuxSeccompArg{Index: 0, Op: specs.OpEqualTo, Value: ^uint64(0)}
	s := only(rulesFor("close", specs.ActAllow, minus1))
	s.Architectures = []specs.Arch{specs.ArchX86, specs.ArchX32}
	f := mustCompile(t, s)
	check(t, f, callOn(t, specs.ArchX86, "close", 0xffffffff), allow)
	check(t, f, callOn(t, specs.ArchX32, "close", 0xffffffff), allow)
	check(t, f, callOn(t, specs.ArchX86_64, "close", 0xffffffff), eperm)
	check(t, f, callOn(t, specs.ArchX86_64, "close", ^uint64(0)), allow)
}

func TestActions(t *testing.T) {
	seven := uint(7)
	tests := []struct {
		name specs.LinuxSeccompAction
		data *uint
		want uint32
		text string
	}{
		{specs.ActKill, nil, 0, "SECCOMP_RET_KILL_THREAD"},
		{specs.ActKillThread, nil, 0, "SECCOMP_RET_KILL_THREAD"},
		{specs.ActKillProcess, nil, 0x80000000, "SECCOMP_RET_KILL_PROCESS"},
		{specs.ActTrap, nil, 0x00030000, "SECCOMP_RET_TRAP"},
		{specs.ActErrno, nil, 0x00050001, "SECCOMP_RET_ERRNO(EPERM)"},
		{specs.ActErrno, &seven, 0x00050007, "SECCOMP_RET_ERRNO(E2BIG)"},
		{specs.ActNotify, nil, 0x7fc00000, "SECCOMP_RET_USER_NOTIF"},
		{specs.ActTrace, &seven, 0x7ff00007, "SECCOMP_RET_TRACE(7)"},
		{specs.ActLog, nil, 0x7ffc0000, "SECCOMP_RET_LOG"},
		{specs.ActAllow, nil, 0x7fff0000, "SECCOMP_RET_ALLOW"},
	}
	for _, tt := range tests {
		s := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, DefaultErrnoRet: new(uint), ListenerPath: "/run/l.sock"}
		s.Syscalls = []specs.LinuxSyscall{{Names: []string{"getpid"}, Action: tt.name, ErrnoRet: tt.data}}
		check(t, mustCompile(t, s), call(t, "getpid"), tt.want)
		if got := ActionName(tt.want); got != tt.text {
			t.Errorf("%#x is called %s, want %s", tt.want, got, tt.text)
		}
	}
}

func TestRulesThatMeet(t *testing.T) {
	on := func(index uint, value uint64) specs.LinuxSeccompArg {
		return specs.LinuxSeccompArg{Index: index, Op: specs.OpEqualTo, Value: value}
	}
	f := mustCompile(t, only(
		rulesFor("dup2", specs.ActAllow, on(0, 1), on(1, 2)), // and
		rulesFor("dup3", specs.ActAllow, on(0, 1), on(0, 2)), // or
		rulesFor("read", specs.ActTrap, on(0, 1)),            // beaten by the next
		rulesFor("read", specs.ActAllow),
		rulesFor("write", specs.ActAllow),
		rulesFor("write", specs.ActTrap, on(0, 1)), // beaten by the one before
		rulesFor("close", specs.ActAllow, on(0, 1)),
		rulesFor("close", specs.ActTrap, on(0, 2)),
		rulesFor("open", specs.ActErrno), // says the default: says nothing
		rulesFor("open", specs.ActAllow),
		rulesFor("no_such_call", specs.ActAllow),
	))
	check(t, f, call(t, "dup2", 1, 2), allow)
	check(t, f, call(t, "dup2", 1, 3), eperm)
	check(t, f, call(t, "dup2", 3, 2), eperm)
	check(t, f, call(t, "dup3", 1), allow)
	check(t, f, call(t, "dup3", 2), allow)
	check(t, f, call(t, "dup3", 3), eperm)
	check(t, f, call(t, "read", 1), allow)
	check(t, f, call(t, "write", 1), allow)
	check(t, f, call(t, "close", 1), allow)
	check(t, f, call(t, "close", 2), unix.SECCOMP_RET_TRAP)
	check(t, f, call(t, "close", 3), eperm)
	check(t, f, call(t, "open"), allow)
}

// A ban must hold on both ways to a call; a permission with conditions can not be given where they can not be looked at.
func TestSocketcall(t *testing.T) {
	vsock := specs.LinuxSeccompArg{Index: 0, Op: specs.OpEqualTo, Value: unix.AF_VSOCK}
	ban := &specs.LinuxSeccomp{DefaultAction: specs.ActAllow, Architectures: []specs.Arch{specs.ArchX86}}
	ban.Syscalls = []specs.LinuxSyscall{rulesFor("socket", specs.ActErrno, vsock), rulesFor("semget", specs.ActErrno)}
	f := mustCompile(t, ban)
	check(t, f, callOn(t, specs.ArchX86, "socket", unix.AF_VSOCK), eperm)
	check(t, f, callOn(t, specs.ArchX86, "socket", unix.AF_INET), allow)
	check(t, f, callOn(t, specs.ArchX86, "socketcall", 1), eperm)
	check(t, f, callOn(t, specs.ArchX86, "socketcall", 2), allow)
	check(t, f, callOn(t, specs.ArchX86, "ipc", 2), eperm)

	permit := only(rulesFor("socket", specs.ActAllow, vsock), rulesFor("bind", specs.ActAllow))
	permit.Architectures = ban.Architectures
	f = mustCompile(t, permit)
	check(t, f, callOn(t, specs.ArchX86, "socketcall", 1), eperm)
	check(t, f, callOn(t, specs.ArchX86, "socketcall", 2), allow)
}

// many makes n rules for one call, whose conditions need far jumps.
func many(n int) (rules []specs.LinuxSyscall) {
	for i := range n {
		arg := specs.LinuxSeccompArg{Index: uint(i % 6), Op: specs.OpEqualTo, Value: uint64(i)<<32 | 7}
		rules = append(rules, rulesFor("ioctl", specs.ActAllow, arg))
	}
	return rules
}

func TestFarJumps(t *testing.T) {
	f := mustCompile(t, only(append(many(600), rulesFor("read", specs.ActAllow), rulesFor("mseal", specs.ActTrap))...))
	for i := range uint64(600) {
		c := call(t, "ioctl", 1, 1, 1, 1, 1, 1)
		check(t, f, c, eperm)
		c.Args[i%6] = i<<32 | 7
		check(t, f, c, allow)
	}
	check(t, f, call(t, "read"), allow)
	check(t, f, call(t, "mseal"), unix.SECCOMP_RET_TRAP)
}
