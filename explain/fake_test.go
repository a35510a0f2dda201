// This file holds the ops that the tests of this package are played with: they write down what happens to them.
package explain

import (
	"fmt"
	"strings"
)

// diary is what happened, in order.
type diary struct{ lines []string }

func (d *diary) note(format string, args ...any) {
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *diary) String() string { return strings.Join(d.lines, ", ") }

// Push and Pop make a diary a Journal.
func (d *diary) Push(undo Op) error {
	d.note("push %s", undo.Shell())
	return nil
}

func (d *diary) Pop() error {
	d.note("pop")
	return nil
}

// fleeting is an op without an inverse.
type fleeting struct {
	name string
	d    *diary
	err  error
}

func (f fleeting) Do() error {
	f.d.note("%s", f.name)
	return f.err
}
func (f fleeting) Call() string  { return f.name + "()" }
func (f fleeting) Shell() string { return f.name }

// lasting is one with an inverse.
type lasting struct {
	fleeting
	undoErr error
}

func (l lasting) Undo() Op { return fleeting{"un" + l.name, l.d, l.undoErr} }

// act makes a step "Do NAME" of one lasting op.
func (d *diary) act(name string, err, undoErr error) Step {
	return Say("Do "+name, "it is asked for", "01", lasting{fleeting{name, d, err}, undoErr})
}

// answers gives the answers by title, and Go to the rest.
func answers(byTitle map[string]Answer) Listener {
	return ListenerFunc(func(e Event) Answer { return byTitle[e.Title] })
}
