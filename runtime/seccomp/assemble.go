// This file writes the program. BPF only jumps forward, so it is written from its end: whatever a jump leads to is already
// there, and its distance known. A conditional jump reaches 255 instructions; near brings what is further away closer.
package seccomp

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
)

// Where things are in struct seccomp_data, which the program reads. An argument has eight bytes, BPF words have four: the
// low half comes first on the machines that we run on.
const (
	offsetNumber = 0
	offsetArch   = 4
	offsetArgs   = 16
	offsetHigh   = 4
)

// assembler holds the program, last instruction first.
type assembler struct {
	code []bpf.Instruction
	rets map[uint32]label // the latest return of each value

	narrow bool // compare only the low halves of arguments
}

// label is the place of an instruction, counted from the end.
type label int

func (a *assembler) emit(ins bpf.Instruction) label {
	a.code = append(a.code, ins)
	return label(len(a.code) - 1)
}

// skip is how many instructions the next one must jump over to come to l.
func (a *assembler) skip(l label) int { return len(a.code) - int(l) - 1 }

// near returns a place that does what l does, within reach of a conditional jump even after one more instruction.
func (a *assembler) near(l label) label {
	if a.skip(l) < 255 {
		return l
	}
	if ret, ok := a.code[l].(bpf.RetConstant); ok {
		return a.ret(ret.Val)
	}
	return a.emit(bpf.Jump{Skip: uint32(a.skip(l))})
}

// ret ends the program with an action.
func (a *assembler) ret(action uint32) label {
	if l, ok := a.rets[action]; ok && a.skip(l) < 255 {
		return l
	}
	if a.rets == nil {
		a.rets = map[uint32]label{}
	}
	a.rets[action] = a.emit(bpf.RetConstant{Val: action})
	return a.rets[action]
}

// jump compares what was loaded.
func (a *assembler) jump(test bpf.JumpTest, with uint32, yes, no label) label {
	yes = a.near(yes)
	no = a.near(no)
	return a.emit(bpf.JumpIf{Cond: test, Val: with, SkipTrue: uint8(a.skip(yes)), SkipFalse: uint8(a.skip(no))})
}

// then does one instruction and goes on at next.
func (a *assembler) then(ins bpf.Instruction, next label) label {
	if a.skip(next) > 0 {
		a.emit(bpf.Jump{Skip: uint32(a.skip(next))})
	}
	return a.emit(ins)
}

func (a *assembler) load(offset uint32, next label) label {
	return a.then(bpf.LoadAbsolute{Off: offset, Size: 4}, next)
}

// tree finds the stretch of the loaded number by halving the line.
func (a *assembler) tree(line []stretch) label {
	if len(line) == 1 {
		return a.decision(line[0].decision)
	}
	middle := len(line) / 2
	high := a.tree(line[middle:])
	low := a.tree(line[:middle])
	return a.jump(bpf.JumpGreaterOrEqual, line[middle].from, high, low)
}

func (a *assembler) decision(d decision) label {
	a.narrow = d.narrow
	next := a.ret(d.otherwise)
	for _, r := range slices.Backward(d.rules) {
		holds := a.ret(r.action)
		for _, arg := range slices.Backward(r.when) {
			holds = a.condition(arg, holds, next)
		}
		next = holds
	}
	return next
}

// condition compares one argument. The opposites are the same tests with their answers exchanged.
func (a *assembler) condition(arg specs.LinuxSeccompArg, yes, no label) label {
	offset := offsetArgs + 8*uint32(arg.Index)
	switch arg.Op {
	case specs.OpMaskedEqual:
		return a.masked(offset, arg.Value, arg.ValueTwo, yes, no)
	case specs.OpNotEqual:
		return a.masked(offset, ^uint64(0), arg.Value, no, yes)
	case specs.OpGreaterThan:
		return a.above(bpf.JumpGreaterThan, offset, arg.Value, yes, no)
	case specs.OpLessEqual:
		return a.above(bpf.JumpGreaterThan, offset, arg.Value, no, yes)
	case specs.OpGreaterEqual:
		return a.above(bpf.JumpGreaterOrEqual, offset, arg.Value, yes, no)
	case specs.OpLessThan:
		return a.above(bpf.JumpGreaterOrEqual, offset, arg.Value, no, yes)
	}
	return a.masked(offset, ^uint64(0), arg.Value, yes, no) // specs.OpEqualTo: parse lets no other through
}

// above is argument > value or argument >= value: the high halves decide unless they are equal.
func (a *assembler) above(test bpf.JumpTest, offset uint32, value uint64, yes, no label) label {
	low := a.load(offset, a.jump(test, uint32(value), yes, no))
	if a.narrow {
		return low
	}
	tie := a.jump(bpf.JumpEqual, uint32(value>>32), low, no)
	return a.load(offset+offsetHigh, a.jump(bpf.JumpGreaterThan, uint32(value>>32), yes, tie))
}

// masked is argument & mask == value: both halves must agree.
func (a *assembler) masked(offset uint32, mask, value uint64, yes, no label) label {
	low := a.maskedHalf(offset, uint32(mask), uint32(value), yes, no)
	if a.narrow {
		return low
	}
	return a.maskedHalf(offset+offsetHigh, uint32(mask>>32), uint32(value>>32), low, no)
}

func (a *assembler) maskedHalf(offset, mask, value uint32, yes, no label) label {
	if mask|value == 0 {
		return yes // nothing is asked of this half
	}
	test := a.jump(bpf.JumpEqual, value, yes, no)
	if mask != ^uint32(0) {
		test = a.then(bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: mask}, test)
	}
	return a.load(offset, test)
}

// assemble turns the program round and into bytes.
func (a *assembler) assemble() (string, error) {
	slices.Reverse(a.code)
	raw, err := bpf.Assemble(a.code)
	if err != nil {
		return "", fmt.Errorf("seccomp: assemble the filter: %w", err)
	}
	out := make([]byte, 0, 8*len(raw))
	for _, ins := range raw {
		out = binary.LittleEndian.AppendUint16(out, ins.Op)
		out = append(out, ins.Jt, ins.Jf)
		out = binary.LittleEndian.AppendUint32(out, ins.K)
	}
	return string(out), nil
}
