// This file takes the instructions that compare: a packet that does not match ends the rule.
package nft

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"

	"github.com/google/nftables/expr"
)

func (p *program) runMatch(instruction expr.Any) bool {
	switch e := instruction.(type) {
	case *expr.Cmp:
		p.compare(e)
	case *expr.Range:
		o := p.at(e.Register)
		p.print("%s %s%s-%s", o.name, operator(e.Op), write(o.kind, e.FromData), write(o.kind, e.ToData))
	case *expr.Lookup:
		p.lookup(e)
	case *expr.Match:
		p.print("xt match %q", e.Name)
	default:
		return false
	}
	return true
}

// operator: equality is said by saying nothing.
func operator(op expr.CmpOp) string {
	return map[expr.CmpOp]string{expr.CmpOpNeq: "!= ", expr.CmpOpLt: "< ", expr.CmpOpLte: "<= ", expr.CmpOpGt: "> ", expr.CmpOpGte: ">= "}[op]
}

func (p *program) compare(e *expr.Cmp) {
	o := p.at(e.Register)
	switch {
	case e.Op == expr.CmpOpGte && o.lower == nil:
		o.lower = e.Data // if "at most" follows, the two are a range
		p.load(e.Register, o)
		return
	case e.Op == expr.CmpOpLte && o.lower != nil:
		p.print("%s %s-%s", o.name, write(o.kind, o.lower), write(o.kind, e.Data))
		return
	}
	text := comparison(o, e)
	if e.Op == expr.CmpOpEq && p.learn(o, e.Data) {
		p.implied = append(p.implied, text)
		return
	}
	p.print("%s", text)
}

// learn notes which headers the packet has after a comparison; true if a later field may say the same again. "ip protocol
// tcp" teaches too, but nft never leaves it out.
func (p *program) learn(o operand, data []byte) bool {
	value := write(o.kind, data)
	switch o.name {
	case "meta nfproto":
		p.network = map[string]string{"ipv4": "ip", "ipv6": "ip6"}[value]
		return true
	case "meta protocol":
		p.network = value
		return true
	case "meta iiftype":
		return true
	case "ether type":
		p.network = value
	case "meta l4proto":
		p.transport = value
		return true
	case "ip protocol", "ip6 nexthdr":
		p.transport = value
	}
	return false
}

func comparison(o operand, e *expr.Cmp) string {
	isAddress := o.kind == "ipv4_addr" || o.kind == "ipv6_addr"
	switch {
	case isAddress && uint32(len(e.Data)) < o.size:
		return o.name + " " + operator(e.Op) + network(e.Data, int(o.size), len(e.Data)*8)
	case o.mask == nil:
		return o.name + " " + operator(e.Op) + write(o.kind, e.Data)
	}
	if length, ok := maskLength(o.mask); ok && isAddress {
		return o.name + " " + operator(e.Op) + network(e.Data, int(o.size), length)
	}
	isFlags := o.kind == "ct_state" || o.kind == "ct_status"
	if zero := len(bytes.Trim(e.Data, "\x00")) == 0; isFlags && zero && e.Op == expr.CmpOpNeq {
		return o.name + " " + write(o.kind, o.mask) // one of these flags is set
	}
	op := operator(e.Op)
	if op == "" {
		op = "== "
	}
	return fmt.Sprintf("%s & %s %s%s", o.name, write(o.kind, o.mask), op, write(o.kind, e.Data))
}

// network prints an address of which only the beginning may be given: "10.44.0.0/16".
func network(beginning []byte, size, length int) string {
	whole := make([]byte, size)
	copy(whole, beginning)
	a, ok := netip.AddrFromSlice(whole)
	if !ok {
		return fmt.Sprintf("0x%x/%d", beginning, length)
	}
	return netip.PrefixFrom(a, length).String()
}

// lookup looks a key up in a set, or replaces it by its value in a map.
func (p *program) lookup(e *expr.Lookup) {
	s := p.sets[e.SetName]
	name, kinds := p.key(e.SourceRegister, s)
	where := "@" + e.SetName
	if s.raw != nil && s.raw.Anonymous {
		where = s.inline(kinds)
	}
	switch {
	case !e.IsDestRegSet && e.Invert:
		p.print("%s != %s", name, where)
	case !e.IsDestRegSet:
		p.print("%s %s", name, where)
	case e.DestRegister == 0:
		p.print("%s vmap %s", name, where)
	default:
		p.load(e.DestRegister, operand{name: name + " map " + where, pair: s.raw != nil && strings.Contains(s.raw.DataType.Name, " . ")})
	}
}

// key names the fields in the registers that make up a set's key: "ip daddr . tcp dport".
func (p *program) key(register uint32, s set) (name string, kinds []string) {
	left := uint32(1)
	if s.raw != nil {
		left = max(left, s.keySize())
	}
	var names []string
	for at := slot(register); left > 0; {
		o := p.inSlot(at)
		if o.name == "" {
			break
		}
		names, kinds = append(names, o.name), append(kinds, o.kind)
		words := (o.size + 3) / 4
		at, left = at+words, left-min(left, words*4)
	}
	return strings.Join(names, " . "), kinds
}
