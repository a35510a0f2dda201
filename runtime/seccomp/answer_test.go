// This file asks filters: by our own reader and by the BPF machine of x/net, and compares the two each time.
package seccomp

import (
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

const (
	allow = uint32(unix.SECCOMP_RET_ALLOW)
	eperm = uint32(unix.SECCOMP_RET_ERRNO | uint32(unix.EPERM))
	nosys = uint32(unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS))
)

// answer asks both machines. The one of x/net reads words in network order, so each word of the data is turned round for it.
func answer(t testing.TB, f Filter, c Call) uint32 {
	t.Helper()
	got, _, err := Explain(f, c)
	if err != nil {
		t.Fatal(err)
	}
	data, err := c.data()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(data); i += 4 {
		slices.Reverse(data[i : i+4])
	}
	want, err := machine(t, f).Run(data)
	if err != nil {
		t.Fatal(err)
	}
	if uint32(want) != got {
		t.Fatalf("%+v: bpf.VM says %s, Explain %s", c, ActionName(uint32(want)), ActionName(got))
	}
	return got
}

func machine(t testing.TB, f Filter) *bpf.VM {
	t.Helper()
	code := make([]bpf.Instruction, f.Len())
	for i := range code {
		code[i] = f.at(i).Disassemble()
	}
	vm, err := bpf.NewVM(code)
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

func call(t testing.TB, name string, args ...uint64) Call {
	t.Helper()
	return callOn(t, specs.ArchX86_64, name, args...)
}

func callOn(t testing.TB, on specs.Arch, name string, args ...uint64) Call {
	t.Helper()
	nr, ok := Number(on, name)
	if !ok {
		t.Fatalf("no %s on %s", name, on)
	}
	c := Call{Arch: on, Number: nr}
	copy(c.Args[:], args)
	return c
}

func mustCompile(t testing.TB, s *specs.LinuxSeccomp) Filter {
	t.Helper()
	f, err := compile(s, specs.ArchX86_64)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// only is a profile that refuses all but what the rules say.
func only(rules ...specs.LinuxSyscall) *specs.LinuxSeccomp {
	return &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Syscalls: rules}
}

func rulesFor(name string, act specs.LinuxSeccompAction, args ...specs.LinuxSeccompArg) specs.LinuxSyscall {
	return specs.LinuxSyscall{Names: []string{name}, Action: act, Args: args}
}

func check(t *testing.T, f Filter, c Call, want uint32) {
	t.Helper()
	if got := answer(t, f, c); got != want {
		_, trace, err := Explain(f, c)
		t.Errorf("%s%x: %s, want %s (%v)\n%s", Name(c.Arch, c.Number), c.Args, ActionName(got), ActionName(want), err,
			strings.Join(trace, "\n"))
	}
}
