// This file knows the architectures that a filter can tell apart, and the number each gives to a system call.
package seccomp

import (
	"fmt"
	"runtime"
	"slices"
	"sort"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

//go:generate go run gen.go

// row is one line of the table in ztable.go, which is sorted by name: a call's number on each architecture, -1 where it has
// none. An array and no map, because a map would have to be filled whenever the program starts.
type row struct {
	name    string
	numbers [5]int32
}

// arch is one calling convention. x86_64 and x32 look the same to a filter but for a bit in the number.
type arch struct {
	name   specs.Arch
	audit  uint32 // how the kernel names it in seccomp_data.arch
	column int    // in row.numbers
	base   uint32 // added to every number
	narrow bool   // arguments have 32 bits: the high half of a constant is the sign at best, and not compared
}

// x32Bit marks the system calls of x32 programs.
const x32Bit = 0x40000000

var arches = [...]arch{
	{specs.ArchX86_64, unix.AUDIT_ARCH_X86_64, 0, 0, false},
	{specs.ArchX32, unix.AUDIT_ARCH_X86_64, 1, x32Bit, true},
	{specs.ArchX86, unix.AUDIT_ARCH_I386, 2, 0, true},
	{specs.ArchAARCH64, unix.AUDIT_ARCH_AARCH64, 3, 0, false},
	{specs.ArchARM, unix.AUDIT_ARCH_ARM, 4, 0, true},
}

// unseen are the architectures of the OCI specification whose kernels never run us. A profile may list them: no call will
// ever come from them.
var unseen = [...]specs.Arch{
	specs.ArchMIPS, specs.ArchMIPS64, specs.ArchMIPS64N32, specs.ArchMIPSEL, specs.ArchMIPSEL64, specs.ArchMIPSEL64N32,
	specs.ArchPPC, specs.ArchPPC64, specs.ArchPPC64LE, specs.ArchS390, specs.ArchS390X, specs.ArchPARISC,
	specs.ArchPARISC64, specs.ArchRISCV64, specs.ArchLOONGARCH64, specs.ArchM68K, specs.ArchSH, specs.ArchSHEB,
}

// Native is the architecture of this program.
func Native() specs.Arch {
	if runtime.GOARCH == "arm64" {
		return specs.ArchAARCH64
	}
	return specs.ArchX86_64
}

// Architectures lists those whose calls a profile can tell apart.
func Architectures() []specs.Arch {
	names := make([]specs.Arch, len(arches))
	for i, a := range arches {
		names[i] = a.name
	}
	return names
}

func findArch(name specs.Arch) (arch, bool) {
	i := slices.IndexFunc(arches[:], func(a arch) bool { return a.name == name })
	if i < 0 {
		return arch{}, false
	}
	return arches[i], true
}

// chosen returns the architectures of a profile, the native one first: it is always among them.
func chosen(native specs.Arch, names []specs.Arch) ([]arch, error) {
	var list []arch
	for _, name := range append([]specs.Arch{native}, names...) {
		a, ok := findArch(name)
		switch {
		case ok && !slices.Contains(list, a):
			list = append(list, a)
		case !ok && !slices.Contains(unseen[:], name):
			return nil, fmt.Errorf("seccomp: unknown architecture %q: use a name such as %s", name, specs.ArchX86_64)
		}
	}
	return list, nil
}

// findRow returns the line of a call, nil when we do not know it: then it is newer than our table, or belongs elsewhere.
func findRow(name string) *row {
	i := sort.Search(len(table), func(i int) bool { return table[i].name >= name })
	if i == len(table) || table[i].name != name {
		return nil
	}
	return &table[i]
}

// number is the call's number as a filter sees it.
func (a arch) number(r *row) (nr uint32, ok bool) {
	if r == nil || r.numbers[a.column] < 0 {
		return 0, false
	}
	return a.base + uint32(r.numbers[a.column]), true
}

// Number returns the number of a system call as a filter on the given architecture sees it.
func Number(on specs.Arch, name string) (nr uint32, ok bool) {
	a, ok := findArch(on)
	if !ok {
		return 0, false
	}
	return a.number(findRow(name))
}

// Name returns the name of a system call, and the number itself where there is none.
func Name(on specs.Arch, nr uint32) string {
	if a, ok := findArch(on); ok {
		for i := range table {
			if n, ok := a.number(&table[i]); ok && n == nr {
				return table[i].name
			}
		}
	}
	return fmt.Sprintf("syscall_%#x", nr)
}
