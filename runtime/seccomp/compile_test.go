// These tests are about what goes into a filter beside the rules, what is refused, and how long it takes.
package seccomp

import (
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func TestFlags(t *testing.T) {
	list := func(names ...specs.LinuxSeccompFlag) []specs.LinuxSeccompFlag { return append(names[:0:0], names...) }
	notify := rulesFor("mkdir", specs.ActNotify)
	tests := []struct {
		flags []specs.LinuxSeccompFlag
		rules []specs.LinuxSyscall
		want  uint
	}{
		{nil, nil, unix.SECCOMP_FILTER_FLAG_SPEC_ALLOW},
		{[]specs.LinuxSeccompFlag{}, nil, 0},
		{list("SECCOMP_FILTER_FLAG_TSYNC", specs.LinuxSeccompFlagLog), nil, 0x1 | 0x2},
		{list(specs.LinuxSeccompFlagWaitKillableRecv), nil, 0},
		{list(specs.LinuxSeccompFlagWaitKillableRecv), []specs.LinuxSyscall{notify}, 0x20 | 0x8},
		{list("SECCOMP_FILTER_FLAG_TSYNC"), []specs.LinuxSyscall{notify}, 0x1 | 0x8 | 0x10},
	}
	for _, tt := range tests {
		s := only(tt.rules...)
		s.Flags, s.ListenerPath = tt.flags, "/run/l.sock"
		if f := mustCompile(t, s); f.Flags != tt.want || f.ListenerPath != "/run/l.sock" {
			t.Errorf("flags %q: %#x, want %#x", tt.flags, f.Flags, tt.want)
		}
	}
}

func TestErrors(t *testing.T) {
	big := uint(5000)
	tests := []struct {
		change func(*specs.LinuxSeccomp)
		want   string
	}{
		{func(s *specs.LinuxSeccomp) { s.DefaultAction = "allow" }, `unknown action "allow"`},
		{func(s *specs.LinuxSeccomp) { s.DefaultErrnoRet = &big }, "use at most 4095"},
		{func(s *specs.LinuxSeccomp) { s.DefaultAction = specs.ActNotify }, "can not be the defaultAction"},
		{func(s *specs.LinuxSeccomp) { s.Syscalls[0].ErrnoRet = &big }, "carries no errnoRet: remove it"},
		{func(s *specs.LinuxSeccomp) { s.Syscalls[0].Action = specs.ActNotify }, "needs a listenerPath"},
		{func(s *specs.LinuxSeccomp) { s.ListenerMetadata = "x" }, "needs a listenerPath"},
		{func(s *specs.LinuxSeccomp) { s.Syscalls[0].Args[0].Index = 6 }, "arguments 0 to 5"},
		{func(s *specs.LinuxSeccomp) { s.Syscalls[0].Args[0].Op = "==" }, `unknown operator "=="`},
		{func(s *specs.LinuxSeccomp) { s.Architectures = []specs.Arch{"amd64"} }, `unknown architecture "amd64"`},
		{func(s *specs.LinuxSeccomp) { s.Flags = []specs.LinuxSeccompFlag{"LOG"} }, `unknown flag "LOG"`},
		{func(s *specs.LinuxSeccomp) { s.Syscalls = many(1500) }, "the kernel takes 4096"},
	}
	for _, tt := range tests {
		s := only(rulesFor("getpid", specs.ActAllow, specs.LinuxSeccompArg{Op: specs.OpEqualTo}))
		tt.change(s)
		if _, err := Compile(s); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}

func BenchmarkCompile(b *testing.B) {
	s, err := Default(nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		if _, err := Default(nil); err != nil {
			b.Fatal(err)
		}
	}
}
