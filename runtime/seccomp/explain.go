// This file runs a filter by hand, to say what it would answer to a call and by which comparisons it comes to it.
package seccomp

import (
	"encoding/binary"
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// Call is a system call that somebody might make.
type Call struct {
	Arch   specs.Arch
	Number uint32
	Args   [6]uint64
}

// data is the call as struct seccomp_data, which has the address of the caller between the architecture and the arguments.
func (c Call) data() ([]byte, error) {
	a, ok := findArch(c.Arch)
	if !ok {
		return nil, fmt.Errorf("seccomp: no numbers known for architecture %q: use a name such as %s", c.Arch, specs.ArchX86_64)
	}
	data := binary.LittleEndian.AppendUint32(nil, c.Number)
	data = binary.LittleEndian.AppendUint32(data, a.audit)
	data = binary.LittleEndian.AppendUint64(data, 0)
	for _, arg := range c.Args {
		data = binary.LittleEndian.AppendUint64(data, arg)
	}
	return data, nil
}

// Explain decides one call without making it. The answer is a SECCOMP_RET_ value, see ActionName; the trace has a line for
// each comparison.
func Explain(f Filter, c Call) (answer uint32, trace []string, err error) {
	data, err := c.data()
	if err != nil {
		return 0, nil, err
	}
	r := reader{data: data, call: c}
	for at := 0; at < f.Len(); at++ {
		ins := f.at(at).Disassemble()
		if ret, ok := ins.(bpf.RetConstant); ok {
			return ret.Val, append(r.trace, "answer "+ActionName(ret.Val)), nil
		}
		skip, err := r.step(ins)
		if err != nil {
			return 0, r.trace, fmt.Errorf("seccomp: instruction %d: %w", at, err)
		}
		at += skip
	}
	return 0, r.trace, fmt.Errorf("seccomp: the program ends without an answer: only explain what Compile made")
}

// at decodes an instruction.
func (f Filter) at(i int) bpf.RawInstruction {
	record := []byte(f.Program[8*i : 8*i+8])
	return bpf.RawInstruction{
		Op: binary.LittleEndian.Uint16(record), Jt: record[2], Jf: record[3], K: binary.LittleEndian.Uint32(record[4:]),
	}
}

// reader is the machine of one run: one register, and what to call its content.
type reader struct {
	data  []byte
	call  Call
	value uint32
	name  string
	trace []string
}

// step does one instruction and returns how many to skip after it.
func (r *reader) step(ins bpf.Instruction) (int, error) {
	switch ins := ins.(type) {
	case bpf.LoadAbsolute:
		if int(ins.Off)+4 > len(r.data) {
			return 0, fmt.Errorf("load at %d: the call's data end at %d", ins.Off, len(r.data))
		}
		r.value, r.name = binary.LittleEndian.Uint32(r.data[ins.Off:]), r.field(ins.Off)
	case bpf.ALUOpConstant:
		if ins.Op != bpf.ALUOpAnd {
			return 0, fmt.Errorf("unexpected %v", ins)
		}
		r.value, r.name = r.value&ins.Val, fmt.Sprintf("%s & %#x", r.name, ins.Val)
	case bpf.Jump:
		return int(ins.Skip), nil
	case bpf.JumpIf:
		return r.compare(ins)
	default:
		return 0, fmt.Errorf("unexpected %v", ins)
	}
	return 0, nil
}

// compare tells what was written as "jump if": where only the other answer jumps, Disassemble turns the test into its
// opposite, and it is turned back here.
func (r *reader) compare(ins bpf.JumpIf) (int, error) {
	var holds bool
	var sign string
	switch ins.Cond {
	case bpf.JumpEqual, bpf.JumpNotEqual:
		holds, sign = r.value == ins.Val, "=="
	case bpf.JumpGreaterThan, bpf.JumpLessOrEqual:
		holds, sign = r.value > ins.Val, ">"
	case bpf.JumpGreaterOrEqual, bpf.JumpLessThan:
		holds, sign = r.value >= ins.Val, ">="
	default:
		return 0, fmt.Errorf("unexpected %v", ins)
	}
	verdict := "no"
	if holds {
		verdict = "yes"
	}
	r.trace = append(r.trace, fmt.Sprintf("%s = %#x %s %s? %s", r.name, r.value, sign, r.word(ins.Val), verdict))
	opposite := ins.Cond == bpf.JumpNotEqual || ins.Cond == bpf.JumpLessOrEqual || ins.Cond == bpf.JumpLessThan
	if holds != opposite {
		return int(ins.SkipTrue), nil
	}
	return int(ins.SkipFalse), nil
}

// field names what lies at an offset of the call's data.
func (r *reader) field(offset uint32) string {
	switch {
	case offset == offsetNumber:
		return "number"
	case offset == offsetArch:
		return "arch"
	case offset%8 == 0:
		return fmt.Sprintf("arg%d low", (offset-offsetArgs)/8)
	}
	return fmt.Sprintf("arg%d high", (offset-offsetArgs)/8)
}

// word writes a constant, with its name where it is that of a call or an architecture.
func (r *reader) word(value uint32) string {
	switch r.name {
	case "number":
		return fmt.Sprintf("%#x (%s)", value, Name(r.call.Arch, value))
	case "arch":
		for _, a := range arches {
			if a.audit == value {
				return fmt.Sprintf("%#x (%s)", value, a.name)
			}
		}
	}
	return fmt.Sprintf("%#x", value)
}

// ActionName writes what a filter answered: "SECCOMP_RET_ERRNO(EPERM)".
func ActionName(answer uint32) string {
	data := answer & unix.SECCOMP_RET_DATA
	switch answer & unix.SECCOMP_RET_ACTION_FULL {
	case unix.SECCOMP_RET_KILL_PROCESS:
		return "SECCOMP_RET_KILL_PROCESS"
	case unix.SECCOMP_RET_KILL_THREAD:
		return "SECCOMP_RET_KILL_THREAD"
	case unix.SECCOMP_RET_TRAP:
		return "SECCOMP_RET_TRAP"
	case unix.SECCOMP_RET_ERRNO:
		return fmt.Sprintf("SECCOMP_RET_ERRNO(%s)", errnoName(data))
	case unix.SECCOMP_RET_USER_NOTIF:
		return "SECCOMP_RET_USER_NOTIF"
	case unix.SECCOMP_RET_TRACE:
		return fmt.Sprintf("SECCOMP_RET_TRACE(%d)", data)
	case unix.SECCOMP_RET_LOG:
		return "SECCOMP_RET_LOG"
	case unix.SECCOMP_RET_ALLOW:
		return "SECCOMP_RET_ALLOW"
	}
	return fmt.Sprintf("%#x", answer)
}

func errnoName(data uint32) string {
	if name := unix.ErrnoName(unix.Errno(data)); name != "" {
		return name
	}
	return fmt.Sprint(data)
}
