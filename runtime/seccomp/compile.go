// Package seccomp turns the seccomp part of an OCI specification into the program that the kernel runs before each system
// call of a container. Its readers' path:
//
//	compile.go   Compile: from profile to program             man 2 seccomp; OCI linux.seccomp
//	rules.go     what a profile says; mux.go: calls made by way of another
//	line.go      one architecture's numbers, cut into stretches of equal decision
//	assemble.go  stretches and conditions as a program of the old, "classic" BPF
//	action.go    names of actions and flags
//	arch.go      names of architectures and calls, ztable.go their numbers (written by gen.go)
//	explain.go   decide one call without making it
//	default.go   Docker's default profile
//
// The program is a search tree over the numbers. Most neighbours share a decision (Docker's profile cuts the 315 calls of
// x86_64 that it names into 68 stretches), so any call is found in some eight comparisons, where a list in profile order
// needs hundreds. Since Linux 5.11 the kernel runs the filter once for each number by itself and remembers which are always
// allowed; those then cost nothing, and the tree serves the calls whose arguments matter, and older kernels.
package seccomp

import (
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// maxInstructions is BPF_MAXINSNS: the kernel takes no longer program.
const maxInstructions = 4096

// Filter is a program ready for seccomp(2). It can be compared and printed.
type Filter struct {
	Program          string // struct sock_filter records, eight bytes each, in the byte order of the machine
	Flags            uint   // SECCOMP_FILTER_FLAG_…
	ListenerPath     string // with SCMP_ACT_NOTIFY: the socket of the one who decides
	ListenerMetadata string // passed to it unread
}

// Len is the number of instructions.
func (f Filter) Len() int { return len(f.Program) / 8 }

// Compile makes the filter for this machine.
func Compile(s *specs.LinuxSeccomp) (Filter, error) { return compile(s, Native()) }

func compile(s *specs.LinuxSeccomp, native specs.Arch) (Filter, error) {
	p, err := parse(s)
	if err != nil {
		return Filter{}, err
	}
	list, err := chosen(native, s.Architectures)
	if err != nil {
		return Filter{}, err
	}
	f := Filter{ListenerPath: s.ListenerPath, ListenerMetadata: s.ListenerMetadata}
	if f.Flags, err = flags(s.Flags, p.notifies); err != nil {
		return Filter{}, err
	}
	f.Program, err = program(p, list)
	return f, err
}

// program looks at the architecture, then at the number. A call by an architecture that the profile does not name kills: its
// numbers mean other calls.
func program(p profile, list []arch) (string, error) {
	a := assembler{code: make([]bpf.Instruction, 0, 512)}
	next := a.ret(unix.SECCOMP_RET_KILL_THREAD)
	for _, c := range slices.Backward(list) {
		if c.base == x32Bit {
			continue // its numbers are on x86_64's line
		}
		search := a.load(offsetNumber, a.tree(p.line(c, list)))
		next = a.jump(bpf.JumpEqual, c.audit, search, next)
	}
	a.load(offsetArch, next)
	if len(a.code) > maxInstructions {
		return "", fmt.Errorf("seccomp: the filter has %d instructions, the kernel takes %d: use fewer conditions", len(a.code), maxInstructions)
	}
	return a.assemble()
}
