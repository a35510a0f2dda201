// This file does the accounts: every request that was seen has to be told, and every one that was told has to be seen.
package truth

import (
	"slices"
	"strings"

	"glassbox/internal/trace"
)

// Told is an op as the story has it. Calls may be several lines.
type Told struct {
	Title, Calls string
	Inverse      bool // it can be taken back
}

// Excuse gives the reason why a request needs no telling; empty if there is none.
type Excuse func(trace.Call) string

// Verdict lists what does not agree.
type Verdict struct {
	Untold []trace.Call // seen, and not told
	Unseen []string     // told, and not seen
}

// True tells whether all agrees.
func (v Verdict) True() bool { return len(v.Untold) == 0 && len(v.Unseen) == 0 }

// Compare does the accounts. A request that was told once excuses one call.
func Compare(told []Told, seen []trace.Call, excuse Excuse) Verdict {
	done, undone := supplies(told)
	var v Verdict
	for _, call := range seen {
		if !call.OK() {
			continue
		}
		for _, f := range factsOf(call.Text) {
			switch {
			case done.take(f.key), undone.takeInverse(f.key), insideOwn(f.key, told):
			case excuse(call) != "":
			default:
				v.Untold = append(v.Untold, call)
			}
		}
	}
	v.Unseen = unseen(told, done)
	return v
}

// insideOwn tells whether a removal is that of something inside a directory that was told to be made, and goes with it.
func insideOwn(key string, told []Told) bool {
	path, ok := strings.CutPrefix(key, `remove "`)
	if !ok {
		return false
	}
	for _, op := range told {
		for _, f := range op.facts() {
			made, ok := strings.CutPrefix(f.key, `mkdir "`)
			if ok && op.Inverse && strings.HasPrefix(path, strings.TrimSuffix(made, `"`)+"/") {
				return true
			}
		}
	}
	return false
}

// unseen lists what is left over of the supply, except what may have been there already.
func unseen(told []Told, left supply) []string {
	var missing []string
	for _, op := range told {
		for _, f := range op.facts() {
			if left.take(f.key) && !op.ensures(f) {
				missing = append(missing, op.Title+": "+f.key)
			}
		}
	}
	return missing
}

// ensures tells whether nothing is done where all is well already: an op without an inverse that makes a directory, a file or a
// link makes sure that there is one; a capability that we do not have ourselves need not be dropped; and input and output are
// handed over only where they are pipes or terminals.
func (o Told) ensures(f fact) bool {
	name, _, _ := strings.Cut(f.key, " ")
	return f.key == "prctl PR_CAPBSET_DROP" || name == "fchown" || !o.Inverse && (name == "mkdir" || name == "open" || name == "symlink")
}

// supply counts how often a request was told and not yet seen.
type supply map[string]int

func (s supply) take(key string) bool {
	if s[key] == 0 {
		return false
	}
	s[key]--
	return true
}

// takeInverse knows that a virtual cable may also be unplugged: its namespace, when it goes, takes it along.
func (s supply) takeInverse(key string) bool {
	return s.take(key) || key == "RTM_NEWLINK" && s.take("RTM_DELLINK")
}

func supplies(told []Told) (done, undone supply) {
	done, undone = supply{}, supply{}
	for _, op := range told {
		for _, f := range op.facts() {
			done[f.key]++
			// What is made in a directory of ours goes with the directory, also where its own op has no inverse.
			if op.Inverse && f.undo != "" || strings.HasPrefix(f.undo, "remove ") {
				undone[f.undo]++
			}
		}
	}
	return done, undone
}

// facts reads the lines of an op. "the same for A B C" under a call repeats it.
func (o Told) facts() []fact {
	var all []fact
	for line := range strings.Lines(o.Calls) {
		line = strings.TrimSpace(line)
		if others, ok := strings.CutPrefix(line, "the same for "); ok && len(all) > 0 {
			all = append(all, slices.Repeat(all[len(all)-1:], len(strings.Fields(others)))...)
			continue
		}
		all = append(all, factsOf(line)...)
	}
	return all
}

// Missed tells whether somebody would notice if this op, one of told, were done and not told. An op that does nothing a tracer
// reports, or had nothing to do, is nobody's loss: idle.
func Missed(i int, told []Told, seen []trace.Call, excuse Excuse) (missed, idle bool) {
	happened := map[string]bool{}
	for _, call := range seen {
		for _, f := range factsOf(call.Text) {
			happened[f.key] = happened[f.key] || call.OK()
		}
	}
	idle = true
	for _, f := range told[i].facts() {
		if happened[f.key] || !told[i].ensures(f) {
			idle = false
		}
	}
	less := slices.Delete(slices.Clone(told), i, i+1)
	return len(Compare(less, seen, excuse).Untold) > len(Compare(told, seen, excuse).Untold), idle
}
