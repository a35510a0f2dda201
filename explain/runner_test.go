// These tests say what a Runner does with a plan, and what it leaves for a rollback.
package explain

import (
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// run is a plan, and what is to become of it.
type run struct {
	name     string
	steps    func(d *diary) []Step
	answers  map[string]Answer
	ran      string // pushes, ops and pops as they happen
	err      error
	text     string // the whole error
	rolled   string
	rollback []error
}

func runs() []run {
	broken, stuck, rusty := errors.New("broken"), errors.New("stuck"), errors.New("rusty")
	return []run{
		{name: "in order, each inverse noted before its op",
			steps: func(d *diary) []Step { return []Step{d.act("a", nil, nil), d.act("b", nil, nil)} },
			ran:   "push una, a, push unb, b", rolled: "unb, pop, una, pop"},
		{name: "an error stops it; the failed op is not taken back",
			steps: func(d *diary) []Step {
				return []Step{d.act("a", nil, nil), d.act("b", broken, nil), d.act("c", nil, nil)}
			},
			ran: "push una, a, push unb, b, pop", err: broken, text: "do b: broken", rolled: "una, pop"},
		{name: "an op without an inverse leaves nothing",
			steps: func(d *diary) []Step { return []Step{Say("Do x", "", "", fleeting{"x", d, nil})} },
			ran:   "x"},
		{name: "Skip leaves a step out",
			steps:   func(d *diary) []Step { return []Step{d.act("a", nil, nil), d.act("b", nil, nil), d.act("c", nil, nil)} },
			answers: map[string]Answer{"Do b": Skip},
			ran:     "push una, a, push unc, c", rolled: "unc, pop, una, pop"},
		{name: "Fail pretends a refusal",
			steps:   func(d *diary) []Step { return []Step{d.act("a", nil, nil), d.act("b", nil, nil)} },
			answers: map[string]Answer{"Do b": Fail},
			ran:     "push una, a", err: syscall.EPERM, text: "do b: b(): operation not permitted", rolled: "una, pop"},
		{name: "Quit stops before the step",
			steps:   func(d *diary) []Step { return []Step{d.act("a", nil, nil), d.act("b", nil, nil)} },
			answers: map[string]Answer{"Do b": Quit},
			ran:     "push una, a", err: ErrQuit, text: ErrQuit.Error(), rolled: "una, pop"},
		{name: "a rollback goes on after an error, and the journal keeps what is not undone",
			steps: func(d *diary) []Step {
				return []Step{d.act("a", nil, rusty), d.act("b", nil, stuck), d.act("c", nil, nil)}
			},
			ran: "push una, a, push unb, b, push unc, c", rolled: "unc, pop, unb, una", rollback: []error{stuck, rusty}},
		{name: "a journal is popped from its end only: what is older than a failure stays in it, for undoing twice is harmless",
			steps: func(d *diary) []Step { return []Step{d.act("a", nil, nil), d.act("b", nil, stuck)} },
			ran:   "push una, a, push unb, b", rolled: "unb, una", rollback: []error{stuck}},
	}
}

func TestRunAndRollback(t *testing.T) {
	for _, c := range runs() {
		t.Run(c.name, func(t *testing.T) {
			d := &diary{}
			r := Runner{Journal: d, Listener: answers(c.answers)}
			err := r.Run(c.steps(d)...)
			if d.String() != c.ran || !errors.Is(err, c.err) || (err != nil && err.Error() != c.text) {
				t.Errorf("ran %q (%v), want %q (%s)", d, err, c.ran, c.text)
			}
			d.lines = nil
			err = r.Rollback()
			if d.String() != c.rolled || (err == nil) != (c.rollback == nil) {
				t.Errorf("took back %q (%v), want %q", d, err, c.rolled)
			}
			for _, want := range c.rollback {
				if !errors.Is(err, want) {
					t.Errorf("the rollback's error %v lacks %v", err, want)
				}
			}
			d.lines = nil
			if err := r.Rollback(); err != nil || d.lines != nil {
				t.Errorf("a second rollback did %q (%v)", d, err)
			}
		})
	}
}

// What another one has done meanwhile is taken back, too, as if it had come last.
func TestJoin(t *testing.T) {
	d := &diary{}
	r, other := Runner{Journal: d}, Runner{Journal: d}
	for _, err := range []error{r.Run(d.act("a", nil, nil)), other.Run(d.act("b", nil, nil), d.act("c", nil, nil))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r.Join(other)
	d.lines = nil
	if err := r.Rollback(); err != nil || d.String() != "unc, pop, unb, pop, una, pop" || len(r.Took) != 3 {
		t.Errorf("took back %q (%v); the times are %v", d, err, r.Took)
	}
}

// A journal that can not be written forbids the op: it could not be taken back after a crash.
func TestNoJournalNoOp(t *testing.T) {
	d := &diary{}
	r := Runner{Journal: fullDisk{}}
	if err := r.Run(d.act("a", nil, nil)); !errors.Is(err, syscall.ENOSPC) || d.lines != nil {
		t.Errorf("did %q (%v)", d, err)
	}
}

type fullDisk struct{}

func (fullDisk) Push(Op) error { return syscall.ENOSPC }
func (fullDisk) Pop() error    { return syscall.ENOSPC }

// The listener hears each step before and after; both times with the same words.
func TestWhatIsHeard(t *testing.T) {
	d := &diary{}
	var heard []string
	say := ListenerFunc(func(e Event) Answer {
		word := map[bool]string{false: "about to ", true: "done "}[e.Done] + e.Title
		if e.Skipped {
			word += " (left out)"
		}
		if e.Error != "" {
			word += " (" + e.Error + ")"
		}
		if e.Inside && e.Ops[0].Call != "" && e.Ops[0].Undo != "" {
			heard = append(heard, word)
		}
		return map[string]Answer{"Do b": Skip}[e.Title]
	})
	r := Runner{Listener: say, Inside: true}
	if err := r.Run(d.act("a", nil, nil), d.act("b", nil, nil), d.act("c", errors.New("broken"), nil)); err == nil {
		t.Error("the error was swallowed")
	}
	want := []string{"about to Do a", "done Do a", "about to Do b", "done Do b (left out)", "about to Do c", "done Do c (do c: broken)"}
	if !slices.Equal(heard, want) {
		t.Errorf("heard\n%s\nwant\n%s", strings.Join(heard, "\n"), strings.Join(want, "\n"))
	}
}

// An error begins in small letters, unless the title begins with a name.
func TestErrorsNameTheStep(t *testing.T) {
	for title, want := range map[string]string{"Mount /proc": "mount /proc: broken", "UTS first": "UTS first: broken", "X": "X: broken", "": ": broken"} {
		if got := Failed(Step{Title: title}, errors.New("broken")).Error(); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
}

// Took has one entry for each op of each step, so that the plan and Took together are the story.
func TestStory(t *testing.T) {
	d := &diary{}
	plan := []Step{
		Say("Do two", "", "", fleeting{"a", d, nil}, fleeting{"b", d, nil}), Say("Leave two out", "", "", fleeting{"c", d, nil}, fleeting{"d", d, nil}),
		Say("Do nothing", "", ""), Say("Do one inside", "", "", fleeting{"e", d, nil}),
	}
	live := &Record{}
	r := Runner{Listener: All(live, answers(map[string]Answer{"Leave two out": Skip}))}
	if err := r.Run(plan[:3]...); err != nil {
		t.Fatal(err)
	}
	inside := Runner{Listener: live, Inside: true}
	if err := inside.Run(plan[3]); err != nil {
		t.Fatal(err)
	}
	took := slices.Concat(r.Took, inside.Took)
	if len(took) != 5 || took[2] >= 0 || took[3] >= 0 || took[0] < 0 || took[4] < 0 {
		t.Fatalf("took %v", took)
	}
	kept := Story(plan, 3, took)
	if len(kept) != len(live.Story) {
		t.Fatalf("%d events kept, %d heard", len(kept), len(live.Story))
	}
	for i, e := range live.Story {
		if !sameEvent(e, kept[i]) {
			t.Errorf("heard %+v\nkept  %+v", e, kept[i])
		}
	}
	if sameEvent(Story(plan, 2, took)[2], live.Story[2]) { // the control: inside is noticed
		t.Error("the comparison sees no difference between inside and outside")
	}
}

// remote is an op that is done elsewhere, and may say how long it took there.
type remote struct {
	fleeting
	took time.Duration
}

func (r remote) Took() time.Duration { return r.took }

func TestTimeOfWhatIsDoneElsewhere(t *testing.T) {
	r, op := Runner{}, fleeting{"a", &diary{}, nil}
	if err := r.Run(Say("Do two", "", "", remote{op, time.Hour}, remote{op, 0})); err != nil {
		t.Fatal(err)
	}
	if r.Took[0] != time.Hour || r.Took[1] <= 0 || r.Took[1] > time.Minute {
		t.Errorf("took %v", r.Took)
	}
}

func sameEvent(a, b Event) bool {
	equal := slices.Equal(a.Ops, b.Ops)
	a.Ops, b.Ops = nil, nil
	return equal && a.Done == b.Done && a.Inside == b.Inside && a.Title == b.Title && a.Skipped == b.Skipped
}
