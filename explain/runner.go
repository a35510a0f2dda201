// This file executes plans. Rule: an op's inverse goes into the journal before the op is done, so that a crash at any moment
// leaves enough on disk to put everything back.
package explain

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// ErrQuit is returned by Run when the listener wants no more.
var ErrQuit = errors.New("stopped, as asked; what was done is undone")

// Journal keeps inverses where a crash can not reach them. package kernel has the one on disk.
type Journal interface {
	Push(undo Op) error // about to be needed
	Pop() error         // the newest one is not needed: its op failed, or it has been undone
}

// Timed is an op that is done elsewhere: it knows how long that took, without the way there and back.
type Timed interface{ Took() time.Duration }

// Runner executes plans, tells what it does and remembers how to take it back. The zero value runs in silence.
type Runner struct {
	Listener Listener
	Journal  Journal
	Inside   bool // marks the events as coming from inside the new namespaces

	// Took is how long each op took, in order; negative for one that was left out. A plan is pure, so the plan and these
	// numbers are the whole story: no text need be made while it happens. Story puts the two together.
	Took []time.Duration

	undo []Op
}

// Run does the steps in order and stops at the first error. What was done stays done until Rollback.
func (r *Runner) Run(steps ...Step) error {
	for _, s := range steps {
		if err := r.step(s); err != nil {
			return err
		}
	}
	return nil
}

// Join takes over what another runner, of the same journal, has done meanwhile.
func (r *Runner) Join(other Runner) {
	r.Took, r.undo = append(r.Took, other.Took...), append(r.undo, other.undo...)
}

func (r *Runner) step(s Step) error {
	if r.Listener == nil {
		return r.do(s, nil)
	}
	e := Telling(s, r.Inside)
	var err error
	switch r.Listener.Hear(e) {
	case Skip:
		e.Skipped = true
		for range s.Ops {
			r.Took = append(r.Took, -1)
		}
	case Fail:
		err = Failed(s, fmt.Errorf("%s: %w", firstCall(e), syscall.EPERM))
	case Quit:
		return ErrQuit
	default:
		err = r.do(s, e.Ops)
	}
	e.Done = true
	if err != nil {
		e.Error = err.Error()
	}
	r.Listener.Hear(e)
	return err
}

func firstCall(e Event) string {
	if len(e.Ops) == 0 {
		return e.Title
	}
	return e.Ops[0].Call
}

// do executes the ops of one step; told, when somebody listens, receives the times.
func (r *Runner) do(s Step, told []Told) error {
	for i, op := range s.Ops {
		if err := r.push(op); err != nil {
			return Failed(s, err)
		}
		begin := time.Now()
		err := op.Do()
		took := time.Since(begin)
		if t, ok := op.(Timed); ok && t.Took() > 0 {
			took = t.Took()
		}
		r.Took = append(r.Took, took)
		if told != nil {
			told[i].Took = r.Took[len(r.Took)-1]
		}
		if err != nil {
			return Failed(s, errors.Join(err, r.drop(op)))
		}
	}
	return nil
}

func (r *Runner) push(op Op) error {
	u, ok := op.(Undoer)
	if !ok {
		return nil
	}
	undo := u.Undo()
	if r.Journal != nil {
		if err := r.Journal.Push(undo); err != nil {
			return err
		}
	}
	r.undo = append(r.undo, undo)
	return nil
}

// drop forgets the inverse of an op that failed: what it names may belong to somebody else.
func (r *Runner) drop(op Op) error {
	if _, ok := op.(Undoer); !ok {
		return nil
	}
	r.undo = r.undo[:len(r.undo)-1]
	if r.Journal == nil {
		return nil
	}
	return r.Journal.Pop()
}

// Rollback takes back what was done, newest first. It goes on after an error, for the rest can still be put right, and
// returns all errors together. From the first error on the journal is left as it is: what could not be undone is then its
// newest entry, and to undo the older ones again does no harm. So it is no failure, either, if a full disk does not take the
// journal's next line.
func (r *Runner) Rollback() error {
	var failures error
	journal := r.Journal
	for len(r.undo) > 0 {
		last := len(r.undo) - 1
		failures = errors.Join(failures, r.undo[last].Do())
		r.undo = r.undo[:last]
		if failures != nil || journal != nil && journal.Pop() != nil {
			journal = nil
		}
	}
	return failures
}

// Failed names the step in an error, in the middle of a sentence: "make mounts private: mount(…): operation not permitted".
func Failed(s Step, err error) error {
	title := []rune(s.Title)
	if len(title) > 1 && unicode.IsLower(title[1]) {
		title[0] = unicode.ToLower(title[0])
	}
	return fmt.Errorf("%s: %w", strings.TrimSpace(string(title)), err)
}
