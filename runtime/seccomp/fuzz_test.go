// This file compiles profiles made of random bytes.
package seccomp

import (
	"encoding/binary"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func FuzzCompile(f *testing.F) {
	f.Add([]byte("\x01\x02\x03\x04\x05\x06\x07\x08\x09"), uint32(1), uint64(1), uint64(2))
	f.Fuzz(func(t *testing.T, recipe []byte, nr uint32, first, second uint64) {
		filter, err := Compile(fromRecipe(recipe))
		if err != nil {
			return // refused; what matters is that what is accepted also runs
		}
		for _, on := range []specs.Arch{specs.ArchX86_64, specs.ArchX32, specs.ArchX86, specs.ArchAARCH64} {
			answer(t, filter, Call{Arch: on, Number: nr % 600, Args: [6]uint64{first, second, first, second, first, second}})
		}
	})
}

// fromRecipe makes a profile out of bytes: nine for each rule.
func fromRecipe(b []byte) *specs.LinuxSeccomp {
	actions := []specs.LinuxSeccompAction{specs.ActAllow, specs.ActErrno, specs.ActKill, specs.ActTrap, specs.ActLog, "?"}
	ops := []specs.LinuxSeccompOperator{specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpEqualTo,
		specs.OpGreaterEqual, specs.OpGreaterThan, specs.OpMaskedEqual, "?"}
	s := &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Architectures: []specs.Arch{specs.ArchX86}}
	for ; len(b) >= 9; b = b[9:] {
		r := rulesFor(table[(int(b[0])|int(b[1])<<8)%len(table)].name, actions[int(b[2])%len(actions)])
		for i := range int(b[3]) % 4 {
			r.Args = append(r.Args, specs.LinuxSeccompArg{Index: uint(b[4]>>i) % 7, Op: ops[int(b[5]>>i)%len(ops)],
				Value: uint64(b[6]) << (b[7] % 64), ValueTwo: uint64(binary.LittleEndian.Uint16(b[7:]))})
		}
		s.Syscalls = append(s.Syscalls, r)
	}
	return s
}
