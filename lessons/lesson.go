// Package lessons is the course. A lesson is one Markdown file, NN-topic/README.md, that reads well in any viewer; this
// package also runs it: its shell blocks in one session, its checks on what the kernel says (package kernel/look).
//
//	lesson.go      the words: Lesson, Part, Check, Fact             parse.go     Markdown -> Lesson (FORMAT.md)
//	session.go     the shell in which a lesson happens              split.go     a block -> its commands
//	facts.go       the language of checks, and facts_*.go           judge.go     a check with its controls -> Verdict
//	play.go        one lesson, part by part                         verify.go    every lesson, unattended
//	walk.go        one lesson with a person at the terminal         render.go    Markdown -> terminal
//	progress.go    what was passed                                  anchors_test.go  quotes of our own code
//
// Rule: checks see the world only through kernel/look, and lessons drive the glassbox program as a learner does, so that a
// check can not share a bug with what it checks.
package lessons

// Lesson is one README.md.
type Lesson struct {
	Number string // "01"
	Name   string // "namespaces"
	Title  string
	Time   string   // how long a learner needs
	Guide  []string // the guide ids that it serves
	Needs  []string // the programs that its blocks call
	Parts  []Part
	Raw    string // the file
}

// Kind says what a Part is.
type Kind int

// The kinds of parts.
const (
	Prose   Kind = iota // text to read, blocks to look at included
	Run                 // commands for the session
	Output              // what the last Run must have printed, roughly
	Judge               // a check
	Cleanup             // commands that take everything back; they may be run at any time, twice too
)

// Part is a piece of a lesson, in the order of the file.
type Part struct {
	Kind  Kind
	Line  int // where it begins in the file
	Lines []string
	Fails bool  // Run: the last command must fail, that is the point
	Check Check // Judge
}

// Check is a set of facts about the kernel that hold once the learner is done, and of controls that do not.
type Check struct {
	Name  string // one word, unique in the lesson
	Facts []Fact
	Hints []string // three, from a nudge to the answer
}

// Fact is one line of a check.
type Fact struct {
	Line int
	Want bool // false: a control
	Text string
}

// ID is how lessons are named in messages: "01-namespaces".
func (l Lesson) ID() string { return l.Number + "-" + l.Name }

// Checks lists the checks in order.
func (l Lesson) Checks() []Check {
	var checks []Check
	for _, p := range l.Parts {
		if p.Kind == Judge {
			checks = append(checks, p.Check)
		}
	}
	return checks
}

// cleanup returns the commands that take everything back.
func (l Lesson) cleanup() []string {
	var lines []string
	for _, p := range l.Parts {
		if p.Kind == Cleanup {
			lines = append(lines, p.Lines...)
		}
	}
	return lines
}
