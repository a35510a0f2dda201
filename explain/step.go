// Package explain is how the story of a container is told. Everything Glassbox asks of the kernel is a value, an Op, kept in
// a Step that says why; a plan is a list of steps; one Runner executes plans and tells a Listener.
//
// This file holds the words of the project: Op, Undoer, Step, Event, Answer, Listener.
package explain

import "time"

// Op is one request to the kernel: a mount, a file written, a netlink message. Do, Call and Shell read the same fields, so
// what is told can not drift from what is done. Ops are plain values: they can be compared, printed and sent elsewhere.
type Op interface {
	Do() error
	Call() string  // the system call as strace prints it: mount("proc", "/proc", "proc", MS_NOSUID, "")
	Shell() string // what a person would type for the same effect
}

// Undoer is an Op with an inverse. The inverse of something that is already gone must succeed: after a crash nobody knows
// how far things came.
type Undoer interface {
	Op
	Undo() Op
}

// Step is one or more ops with the reason for them.
type Step struct {
	Title  string // an imperative of at most 40 characters: "Make mounts private"
	Why    string // one sentence of at most 100 characters
	Lesson string // the lesson that shows it, two digits: "03"
	Keep   string // why it can not be left out on a machine in use; empty: --without may name it
	Ops    []Op
}

// Say makes a Step that --without may leave out.
func Say(title, why, lesson string, ops ...Op) Step {
	return Step{Title: title, Why: why, Lesson: lesson, Ops: ops}
}

// Kept returns the step as one that can not be left out, with the reason a user is given.
func (s Step) Kept(because string) Step {
	s.Keep = because
	return s
}

// Event is what a listener hears: a step that is about to be done, and the same step again when it is done.
type Event struct {
	Done    bool   `json:"done"`
	Inside  bool   `json:"inside,omitempty"` // done by our deputy in the new namespaces
	Title   string `json:"title"`
	Why     string `json:"why,omitempty"`
	Lesson  string `json:"lesson,omitempty"`
	Keep    string `json:"keep,omitempty"`
	Ops     []Told `json:"ops,omitempty"`
	Skipped bool   `json:"skipped,omitempty"`
	Error   string `json:"error,omitempty"`
}

// Told is one op in words. Took is zero until it is done.
type Told struct {
	Call  string        `json:"call"`
	Shell string        `json:"shell,omitempty"`
	Undo  string        `json:"undo,omitempty"` // the shell line that takes it back
	Took  time.Duration `json:"ns,omitempty"`
}

// Took is the time that the step's ops took together.
func (e Event) Took() time.Duration {
	var sum time.Duration
	for _, op := range e.Ops {
		sum += op.Took
	}
	return sum
}

// Answer is what a listener says to a step that is about to be done.
type Answer int

// The answers. Only a step that is about to be done is answered; what is said to a finished one has no effect.
const (
	Go   Answer = iota // do it
	Skip               // leave it out
	Fail               // pretend that the kernel refused (EPERM): what does a failure here leave behind?
	Quit               // stop; whoever runs the plan undoes what was done
)

// Listener hears the story. The runner waits for its answer: to pause is simply not to answer yet.
type Listener interface {
	Hear(Event) Answer
}

// ListenerFunc lets a function be a Listener.
type ListenerFunc func(Event) Answer

// Hear calls f.
func (f ListenerFunc) Hear(e Event) Answer { return f(e) }

// Telling returns the event that announces a step.
func Telling(s Step, inside bool) Event {
	e := Event{Inside: inside, Title: s.Title, Why: s.Why, Lesson: s.Lesson, Keep: s.Keep, Ops: make([]Told, len(s.Ops))}
	for i, op := range s.Ops {
		e.Ops[i] = Told{Call: op.Call(), Shell: op.Shell()}
		if u, ok := op.(Undoer); ok {
			e.Ops[i].Undo = u.Undo().Shell()
		}
	}
	return e
}
