// This file turns a device program back into rules. Engines and systemd all write the same kind: a block for each rule, which
// compares what is wanted, jumps behind the block where it differs, and decides at its end. A program of another kind is refused,
// not guessed at. struct bpf_cgroup_dev_ctx: the type and the access share the first word, then major and minor number.
package devices

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// value is what a register holds.
type value struct {
	of   string // type, access, both, major, minor; empty: something else
	mask int32  // the bits of access that are left
}

const allAccess = unix.BPF_DEVCG_ACC_MKNOD | unix.BPF_DEVCG_ACC_READ | unix.BPF_DEVCG_ACC_WRITE

// decoder goes through a program once, from the beginning to the end.
type decoder struct {
	code    []instruction
	regs    [11]value
	rule    Rule
	targets []int // where the block's jumps lead
}

func decode(code []instruction) ([]Rule, error) {
	d := decoder{code: code, rule: rest(false)}
	var rules []Rule
	for at := 0; at < len(code); {
		allow, end, decided := d.outcome(at)
		if !decided {
			if err := d.step(at); err != nil {
				return nil, fmt.Errorf("instruction %d (code %#02x): %w", at, code[at].code, err)
			}
			at++
			continue
		}
		for _, t := range d.targets {
			if t != end {
				return nil, fmt.Errorf("instruction %d: a jump to %d, and the block ends at %d", at, t, end)
			}
		}
		d.rule.Allow = allow
		rules = append(rules, d.rule)
		if len(d.targets) == 0 { // nothing gets beyond a rule without conditions
			return rules, nil
		}
		d.rule, d.targets, at = rest(false), nil, end
	}
	return nil, fmt.Errorf("it has no end")
}

// outcome tells what is decided from here on if no condition is left, and where the block ends.
func (d *decoder) outcome(at int) (allow bool, end int, ok bool) {
	result, known, end := int32(0), false, 0
	for range len(d.code) {
		if at < 0 || at >= len(d.code) {
			return false, 0, false
		}
		switch i := d.code[at]; {
		case isMove(i) && i.dst() == 0:
			result, known = i.imm, true
		case i.code == unix.BPF_JMP|unix.BPF_JA:
			if end == 0 {
				end = at + 1
			}
			at += int(i.offset)
		case i.code == unix.BPF_JMP|unix.BPF_EXIT && known:
			if end == 0 {
				end = at + 1
			}
			return result != 0, end, true
		default:
			return false, 0, false
		}
		at++
	}
	return false, 0, false
}

func isMove(i instruction) bool {
	return i.code == unix.BPF_ALU64|unix.BPF_MOV|unix.BPF_K || i.code == unix.BPF_ALU|unix.BPF_MOV|unix.BPF_K
}

// step follows one instruction that decides nothing.
func (d *decoder) step(at int) error {
	i := d.code[at]
	if i.dst() > 10 || i.src() > 10 {
		return fmt.Errorf("no such register")
	}
	to, from := &d.regs[i.dst()], d.regs[i.src()]
	switch class := i.code & 7; {
	case class == unix.BPF_LDX:
		*to = loaded(i)
		return nil
	case class == unix.BPF_JMP:
		d.targets = append(d.targets, at+1+int(i.offset))
		return d.compare(i, *to, from)
	case class != unix.BPF_ALU64 && class != unix.BPF_ALU:
		return fmt.Errorf("not one of a list of rules")
	}
	switch operation, register := i.code&0xf0, i.code&unix.BPF_X != 0; {
	case operation == unix.BPF_MOV && register:
		*to = from
	case operation == unix.BPF_AND && !register && to.of == "both" && i.imm == 0xffff:
		to.of = "type"
	case operation == unix.BPF_AND && !register && to.of == "access":
		to.mask &= i.imm
	case operation == unix.BPF_RSH && !register && to.of == "both" && i.imm == 16:
		*to = value{"access", allAccess}
	default:
		return fmt.Errorf("not one of a list of rules")
	}
	return nil
}

func loaded(i instruction) value {
	half := i.code&0x18 == unix.BPF_H
	switch {
	case i.src() != 1:
	case i.offset == 0 && half:
		return value{of: "type"}
	case i.offset == 2 && half:
		return value{"access", allAccess}
	case i.offset == 0:
		return value{of: "both"}
	case i.offset == 4:
		return value{of: "major"}
	case i.offset == 8:
		return value{of: "minor"}
	}
	return value{}
}

// compare notes what holds if the jump is not taken.
func (d *decoder) compare(i instruction, a, b value) error {
	const constant, register = unix.BPF_K, unix.BPF_X
	unequal, equal := uint8(unix.BPF_JMP|unix.BPF_JNE), uint8(unix.BPF_JMP|unix.BPF_JEQ)
	switch {
	case i.code == unequal|constant && a.of == "type":
		d.rule.Type = map[int32]string{unix.BPF_DEVCG_DEV_BLOCK: "b", unix.BPF_DEVCG_DEV_CHAR: "c"}[i.imm]
	case i.code == unequal|constant && a.of == "major":
		d.rule.Major = int64(i.imm)
	case i.code == unequal|constant && a.of == "minor":
		d.rule.Minor = int64(i.imm)
	case i.code == unequal|constant && a.of == "access" && i.imm == 0: // nothing of the mask is wanted
		d.rule.Access = letters(allAccess &^ a.mask)
	case i.code == equal|constant && a.of == "access" && i.imm == 0: // something of it is
		d.rule.Access, d.rule.Any = letters(a.mask), true
	case i.code == unequal|register && a.of == "access" && b.of == "access": // with the mask it is the same as without
		d.rule.Access = letters(a.mask & b.mask)
	default:
		return fmt.Errorf("not a comparison of a list of rules")
	}
	return nil
}

func letters(mask int32) string {
	text := ""
	for _, a := range []struct {
		bit    int32
		letter string
	}{{unix.BPF_DEVCG_ACC_READ, "r"}, {unix.BPF_DEVCG_ACC_WRITE, "w"}, {unix.BPF_DEVCG_ACC_MKNOD, "m"}} {
		if mask&a.bit != 0 {
			text += a.letter
		}
	}
	return text
}
