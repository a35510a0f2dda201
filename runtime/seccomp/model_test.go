// This file decides calls by a model: the rules of rules.go, read one after the other without any compiling. Random profiles go
// through both.
package seccomp

import (
	"math/rand"
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// model is what the filter should answer to a call of x86_64 that is no newer than the profile.
func model(p profile, s *specs.LinuxSeccomp, name string, args [6]uint64) (answer uint32, err error) {
	answer = p.otherwise
	found := false
	for _, r := range s.Syscalls {
		act, err := action(r.Action, r.ErrnoRet)
		if err != nil {
			return 0, err
		}
		switch {
		case !slices.Contains(r.Names, name) || act == p.otherwise:
		case len(r.Args) == 0:
			return act, nil
		case !found && allHold(r.Args, args):
			answer, found = act, true
		}
	}
	return answer, nil
}

// allHold honours that conditions on the same argument are alternatives.
func allHold(conditions []specs.LinuxSeccompArg, args [6]uint64) bool {
	n := 0
	for _, c := range conditions {
		if holds(c, args[c.Index]) {
			n++
		}
	}
	if repeats(conditions) {
		return n > 0
	}
	return n == len(conditions)
}

func holds(c specs.LinuxSeccompArg, arg uint64) bool {
	switch c.Op {
	case specs.OpNotEqual:
		return arg != c.Value
	case specs.OpLessThan:
		return arg < c.Value
	case specs.OpLessEqual:
		return arg <= c.Value
	case specs.OpGreaterEqual:
		return arg >= c.Value
	case specs.OpGreaterThan:
		return arg > c.Value
	case specs.OpMaskedEqual:
		return arg&c.Value == c.ValueTwo
	}
	return arg == c.Value
}

func TestModelAgrees(t *testing.T) {
	random := rand.New(rand.NewSource(3))
	asked := 0
	for range 60 {
		s := tangled(random)
		p, err := parse(s)
		if err != nil {
			t.Fatal(err)
		}
		f, vm := mustCompile(t, s), 0
		for range 400 {
			name := s.Syscalls[random.Intn(len(s.Syscalls))].Names[0]
			nr, ok := Number(specs.ArchX86_64, name)
			if !ok {
				continue
			}
			c := Call{Arch: specs.ArchX86_64, Number: nr}
			for i := range c.Args {
				c.Args[i] = randomValues[random.Intn(len(randomValues))] + uint64(random.Intn(3)) - 1
			}
			want, err := model(p, s, name, c.Args)
			if err != nil {
				t.Fatal(err)
			}
			check(t, f, c, want)
			vm++
		}
		asked += vm
	}
	t.Logf("%d decisions equal", asked)
}

// tangled is a profile with many rules for few calls.
func tangled(random *rand.Rand) *specs.LinuxSeccomp {
	s := only()
	actions := []specs.LinuxSeccompAction{specs.ActAllow, specs.ActTrap, specs.ActLog, specs.ActKillProcess, specs.ActErrno}
	for range 100 {
		r := rulesFor(table[random.Intn(60)].name, actions[random.Intn(len(actions))])
		for range 1 + random.Intn(3) {
			r.Args = append(r.Args, randomArg(random))
		}
		if random.Intn(20) == 0 {
			r.Args = nil
		}
		s.Syscalls = append(s.Syscalls, r)
	}
	return s
}

var randomValues = []uint64{0, 1, 7, 8, 0xff, 0xff00, 0x7fffffff, 0xfffffffe, 1 << 32, 1<<40 + 7}

func randomArg(random *rand.Rand) specs.LinuxSeccompArg {
	ops := []specs.LinuxSeccompOperator{specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpEqualTo,
		specs.OpGreaterEqual, specs.OpGreaterThan, specs.OpMaskedEqual}
	v := randomValues[random.Intn(len(randomValues))]
	return specs.LinuxSeccompArg{Index: uint(random.Intn(3)), Op: ops[random.Intn(len(ops))],
		Value: v, ValueTwo: v & randomValues[random.Intn(len(randomValues))]}
}
