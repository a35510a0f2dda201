// This file lays a profile out along one architecture's numbers and cuts the line into stretches of equal decision:
//
//	0           13          41 42                    470 471      2^30
//	| allow ... | errno ... |? | allow ............. | ENOSYS ... | kill, or x32
package seccomp

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// stretch reaches from its number to the next one's.
type stretch struct {
	from uint32
	decision
}

// decision is the first of the rules that holds, or the action that is left.
type decision struct {
	rules     []rule
	otherwise uint32
	narrow    bool // only the low halves of arguments count
}

// armPrivateBase is where 32-bit arm keeps a few calls far above all others; the calls that are newer than a profile lie
// below.
const armPrivateBase = 0xf0000

// line is the whole line of what a filter sees under the architecture's name. x32 calls look like those of x86_64 with a bit
// set: they stand on the same line, and kill when the profile does not list x32. (-1 is no call: a tracer puts it there.)
func (p profile) line(a arch, list []arch) []stretch {
	line := p.part(a)
	if a.name != specs.ArchX86_64 {
		return line
	}
	x32 := slices.IndexFunc(list, func(a arch) bool { return a.name == specs.ArchX32 })
	if x32 >= 0 {
		return append(line, p.part(list[x32])...)
	}
	line = push(line, x32Bit, decision{otherwise: unix.SECCOMP_RET_KILL_THREAD})
	return push(line, ^uint32(0), decision{otherwise: p.otherwise})
}

// part is the line of one architecture, from its first number on.
func (p profile) part(a arch) []stretch {
	named := p.named(a)
	newest := newest(named, a.base)
	line := append(make([]stretch, 0, 100), stretch{a.base, decision{otherwise: p.otherwise}})
	for len(named) > 0 {
		nr, n := named[0].nr(), 1
		for n < len(named) && named[n].nr() == nr {
			n++
		}
		line = push(line, nr, p.decide(a, named[:n]))
		after := p.otherwise
		if nr >= newest {
			after = p.unknown
		}
		line = push(line, nr+1, decision{otherwise: after})
		named = named[n:]
	}
	return line
}

// push adds a stretch, in place of one that starts at the same number, and not at all when the line goes on as before.
func push(line []stretch, from uint32, d decision) []stretch {
	if n := len(line); n > 0 && line[n-1].from == from {
		line = line[:n-1]
	}
	if n := len(line); n > 0 && line[n-1].same(d) {
		return line
	}
	return append(line, stretch{from, d})
}

func (d decision) same(e decision) bool {
	return len(d.rules)+len(e.rules) == 0 && d.otherwise == e.otherwise
}

// mention says that a rule names a number: both in one word, which sorts fast and keeps the rules in order.
type mention uint64

func (m mention) nr() uint32 { return uint32(m >> 32) }
func (m mention) rule() int  { return int(uint32(m)) }

func (p profile) named(a arch) []mention {
	calls := 0
	for _, r := range p.rules {
		calls += len(r.calls)
	}
	named := make([]mention, 0, calls)
	for i, r := range p.rules {
		for _, call := range r.calls {
			if nr, ok := a.number(call); ok {
				named = append(named, mention(nr)<<32|mention(i))
			}
		}
	}
	slices.Sort(named)
	return named
}

// newest is the largest number that the profile names: its author knew the calls up to there. The table of numbers would
// be a worse mark, for it grows with our builds.
func newest(named []mention, base uint32) uint32 {
	for _, m := range slices.Backward(named) {
		if m.nr()-base < armPrivateBase {
			return m.nr()
		}
	}
	return ^uint32(0)
}

func (p profile) decide(a arch, same []mention) decision {
	d := decision{otherwise: p.otherwise, narrow: a.narrow}
	for _, m := range same {
		r := p.rules[m.rule()]
		switch {
		case r.action == p.otherwise:
		case len(r.when) == 0:
			return decision{otherwise: r.action}
		default:
			d.rules = append(d.rules, r)
		}
	}
	return d
}
