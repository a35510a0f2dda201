//go:build libseccomp

// This file lets libseccomp judge our filters: the same profile through both, and then very many calls through both filters.
// What libseccomp leaves to runc, ENOSYS for calls newer than the profile, is added to its answers here.
package seccomp

import (
	"encoding/binary"
	"math/rand"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/net/bpf"

	"glassbox/runtime/seccomp/internal/libseccomp"
)

var judged = []specs.Arch{specs.ArchX86_64, specs.ArchX32, specs.ArchX86}

// judge is libseccomp's filter for a profile, and ours.
type judge struct {
	theirs  *bpf.VM
	ours    Filter
	profile profile
	newer   int // calls left out because libseccomp does not know them
	asked   int
}

func newJudge(t *testing.T, s *specs.LinuxSeccomp) *judge {
	t.Helper()
	p, err := parse(s)
	if err != nil {
		t.Fatal(err)
	}
	var rules []libseccomp.Rule
	for _, c := range s.Syscalls {
		act, err := action(c.Action, c.ErrnoRet)
		if err != nil {
			t.Fatal(err)
		}
		if act != p.otherwise {
			rules = append(rules, asRunc(c, act)...)
		}
	}
	program, err := libseccomp.Program(p.otherwise, s.Architectures, rules)
	if err != nil {
		t.Fatal(err)
	}
	return &judge{theirs: machine(t, Filter{Program: string(program)}), ours: mustCompile(t, s), profile: p}
}

// asRunc splits a rule as runc does when two conditions look at one argument.
func asRunc(c specs.LinuxSyscall, act uint32) (rules []libseccomp.Rule) {
	for _, name := range c.Names {
		if !repeats(c.Args) {
			rules = append(rules, libseccomp.Rule{Name: name, Action: act, Args: c.Args})
			continue
		}
		for i := range c.Args {
			rules = append(rules, libseccomp.Rule{Name: name, Action: act, Args: c.Args[i : i+1]})
		}
	}
	return rules
}

func (j *judge) ask(t *testing.T, c Call) {
	t.Helper()
	a, _ := findArch(c.Arch)
	newest := newest(j.profile.named(a), a.base)
	want := j.profile.unknown
	if c.Number <= newest {
		name := Name(c.Arch, c.Number)
		if _, known := Number(c.Arch, name); known && libseccomp.Number(c.Arch, name) < 0 {
			j.newer++
			return
		}
		want = j.theirAnswer(t, c)
	}
	j.asked++
	check(t, j.ours, c, want)
}

func (j *judge) theirAnswer(t *testing.T, c Call) uint32 {
	t.Helper()
	data, err := c.data()
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(data); i += 4 {
		binary.BigEndian.PutUint32(data[i:], binary.LittleEndian.Uint32(data[i:]))
	}
	got, err := j.theirs.Run(data)
	if err != nil {
		t.Fatal(err)
	}
	return uint32(got)
}

// sweep asks about every number with arguments that matter to the profile, and some that do not.
func (j *judge) sweep(t *testing.T, random *rand.Rand, values []uint64, rounds int) {
	for _, on := range judged {
		base := uint32(0)
		if on == specs.ArchX32 {
			base = x32Bit
		}
		for nr := range uint32(600) {
			for range rounds {
				c := Call{Arch: on, Number: base + nr}
				for i := range c.Args {
					c.Args[i] = values[random.Intn(len(values))] + uint64(random.Intn(3)) - 1
					if on == specs.ArchX86 {
						c.Args[i] &= 0xffffffff // 32-bit programs have no more
					}
				}
				j.ask(t, c)
			}
		}
	}
}

func TestLibseccompAgreesOnDefault(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	values := []uint64{0, 1, 8, 39, 40, 0x20000, 0x20008, 0xffffffff, 0x7e020000, 17, 1 << 32, 1 << 63}
	for _, caps := range [][]string{nil, {"CAP_SYS_ADMIN"}, {"CAP_SYS_ADMIN", "CAP_BPF", "CAP_SYS_PTRACE", "CAP_SYS_CHROOT"}} {
		s, err := Default(caps)
		if err != nil {
			t.Fatal(err)
		}
		j := newJudge(t, s)
		j.sweep(t, random, values, 30)
		t.Logf("capabilities %q: %d decisions equal, %d not asked: newer than libseccomp", caps, j.asked, j.newer)
	}
}

func TestLibseccompAgreesOnRandomProfiles(t *testing.T) {
	random := rand.New(rand.NewSource(2))
	asked := 0
	for range 40 {
		j := newJudge(t, randomProfile(random))
		j.sweep(t, random, randomValues, 2)
		asked += j.asked
		if t.Failed() {
			return
		}
	}
	t.Logf("40 profiles: %d decisions equal", asked)
}

// randomProfile gives each call one rule, with up to three conditions on different arguments, or some rules which compare one
// argument for equality. Of several rules with other conditions libseccomp makes a tree and does not come back from its
// branches, so that one may hide another; model_test.go covers those.
func randomProfile(random *rand.Rand) *specs.LinuxSeccomp {
	s := only()
	s.Architectures = judged
	actions := []specs.LinuxSeccompAction{specs.ActAllow, specs.ActTrap, specs.ActLog, specs.ActKillProcess}
	for _, i := range random.Perm(len(table))[:80] {
		name, act := table[i].name, actions[random.Intn(len(actions))]
		if by, _ := muxed(name); by != "" {
			continue // see addMuxed: there we differ on purpose
		}
		if random.Intn(3) == 0 {
			for _, v := range randomValues[:1+random.Intn(4)] {
				arg := specs.LinuxSeccompArg{Index: 1, Op: specs.OpEqualTo, Value: v}
				s.Syscalls = append(s.Syscalls, rulesFor(name, act, arg))
			}
			continue
		}
		r := rulesFor(name, act)
		for index := range random.Intn(4) {
			arg := randomArg(random)
			arg.Index = uint(index)
			r.Args = append(r.Args, arg)
		}
		s.Syscalls = append(s.Syscalls, r)
	}
	return s
}

func TestLibseccompNumbers(t *testing.T) {
	equal := 0
	for _, on := range append(judged, specs.ArchAARCH64) {
		a, _ := findArch(on)
		for i := range table {
			theirs := libseccomp.Number(on, table[i].name)
			nr, ok := a.number(&table[i])
			if on == specs.ArchX32 && theirs >= 0 {
				theirs |= x32Bit
			}
			if !ok || theirs < 0 {
				continue
			}
			if uint32(theirs) != nr {
				t.Errorf("%s on %s: %d, libseccomp says %d", table[i].name, on, nr, theirs)
			}
			equal++
		}
	}
	t.Logf("%d numbers equal", equal)
}
