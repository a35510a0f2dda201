// This file runs a rule in the head. A rule is a program for a small machine with registers: it loads a field of the packet
// into a register, compares the register, and acts. Instead of values the registers here hold the names of fields.
//
//	payload load 4b @ network header + 12 => reg 1      reg 1 holds "ip saddr"
//	cmp eq reg 1 0x0a2c0002                             prints "ip saddr 10.44.0.2"
package nft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// operand is what a register holds.
type operand struct {
	name  string // "ip saddr"; empty for a constant
	kind  string
	size  uint32 // bytes of the whole field
	mask  []byte // what a bitwise instruction left of it
	data  []byte // of a constant
	lower []byte // the lower bound, when a range is being compared in two steps
	pair  bool   // a map gave it, and filled the following registers too
}

type program struct {
	family    nftables.TableFamily
	sets      map[string]set
	registers map[uint32]operand // by their number among the registers of four bytes

	network   string   // whose headers the packet has by now: "ip", "ip6"
	transport string   // "tcp", "udp", "icmp"
	implied   []string // comparisons that are left out if what follows says the same: "meta l4proto tcp" before "tcp dport"

	words   []string
	counter *Counter
	lost    bool // an instruction was not known
}

// slot numbers the registers: 1 to 4 are the old ones of 16 bytes each, those from 8 on the same memory in fours.
func slot(register uint32) uint32 {
	if register >= unix.NFT_REG32_00 {
		return register - unix.NFT_REG32_00
	}
	return (register - unix.NFT_REG_1) * 4
}

func (p *program) load(register uint32, o operand) {
	if p.registers == nil {
		p.registers = map[uint32]operand{}
	}
	p.registers[slot(register)] = o
}

func (p *program) at(register uint32) operand { return p.inSlot(slot(register)) }

func (p *program) inSlot(n uint32) operand {
	o, known := p.registers[n]
	if !known && p.lost {
		return operand{name: "?", kind: "unknown", size: 4}
	}
	return o
}

func (p *program) print(format string, values ...any) {
	p.sayImplied()
	p.words = append(p.words, fmt.Sprintf(format, values...))
}

// sayImplied prints the comparisons that nothing after them made superfluous.
func (p *program) sayImplied() {
	p.words = append(p.words, p.implied...)
	p.implied = nil
}

func (p *program) text() string {
	p.sayImplied()
	return strings.Join(p.words, " ")
}

// run takes the next instruction. One that is not known may have changed any register.
func (p *program) run(i instruction) {
	if i.expr != nil && (p.runLoad(i.expr) || p.runMatch(i.expr) || p.runStatement(i.expr)) {
		return
	}
	p.print("[%s]", i.name)
	p.registers, p.lost = nil, true
}

// runLoad takes the instructions that fill registers.
func (p *program) runLoad(instruction expr.Any) bool {
	switch e := instruction.(type) {
	case *expr.Payload:
		if e.OperationType == expr.PayloadWrite {
			return p.writePayload(e)
		}
		p.loadPayload(e)
	case *expr.Meta:
		f := metaField(e.Key)
		if e.SourceRegister {
			p.print("%s set %s", f.name, p.constant(e.Register, f.kind))
			return true
		}
		p.load(e.Register, operand{name: f.name, kind: f.kind, size: f.size})
	case *expr.Ct:
		f := ctField(e.Key, e.Direction)
		if e.SourceRegister {
			p.print("%s set %s", f.name, p.constant(e.Register, f.kind))
			return true
		}
		p.load(e.Register, operand{name: f.name, kind: f.kind, size: f.size})
	case *expr.Fib:
		p.load(e.Register, fibOperand(e))
	case *expr.Immediate:
		p.load(e.Register, operand{data: e.Data})
	case *expr.Bitwise:
		o := p.at(e.SourceRegister)
		o.mask = e.Mask
		p.load(e.DestRegister, o)
	default:
		return false
	}
	return true
}

// loadPayload looks a field up. That it is a field of a protocol makes an earlier comparison with that protocol superfluous.
func (p *program) loadPayload(e *expr.Payload) {
	f := fieldAt(e, p.headers(), p.transport)
	p.implied = slices.DeleteFunc(p.implied, func(said string) bool { return f.implies(said) })
	p.load(e.DestRegister, operand{name: f.name, kind: f.kind, size: f.size})
}

// writePayload reads what sets a whole field; parts of one are changed by several instructions.
func (p *program) writePayload(e *expr.Payload) bool {
	f, value := fieldAt(e, p.headers(), p.transport), p.at(e.SourceRegister)
	if f.size != e.Len || f.protocol == "" || uint32(len(value.data)) < e.Len {
		return false
	}
	p.print("%s set %s", f.name, write(f.kind, value.data[:e.Len]))
	return true
}

// headers tells whose headers the packet has: the table's, or what a comparison has taught.
func (p *program) headers() string {
	switch p.family {
	case nftables.TableFamilyIPv4:
		return "ip"
	case nftables.TableFamilyIPv6:
		return "ip6"
	}
	return p.network
}

// fibOperand: what the routing table says about the packet: "fib daddr type".
func fibOperand(e *expr.Fib) operand {
	words := []string{}
	for _, flag := range []struct {
		is   bool
		name string
	}{{e.FlagSADDR, "saddr"}, {e.FlagDADDR, "daddr"}, {e.FlagMARK, "mark"}, {e.FlagIIF, "iif"}, {e.FlagOIF, "oif"}} {
		if flag.is {
			words = append(words, flag.name)
		}
	}
	from := "fib " + strings.Join(words, " . ")
	switch {
	case e.ResultADDRTYPE:
		return operand{name: from + " type", kind: "fib_addrtype", size: 4}
	case e.ResultOIFNAME:
		return operand{name: from + " oifname", kind: "ifname", size: 16}
	}
	return operand{name: from + " oif", kind: "iface_index", size: 4}
}

// constant prints what a register holds, as a value of a kind.
func (p *program) constant(register uint32, kind string) string {
	o := p.at(register)
	if o.name != "" {
		return o.name
	}
	return write(kind, o.data)
}
