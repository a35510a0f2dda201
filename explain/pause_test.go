// These tests press the keys of --step.
package explain

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestPauseKeys(t *testing.T) {
	kept := Event{Title: "Swap the root", Keep: "the host's files would be seen"}
	told := Event{Title: "Mount /proc", Why: "a new instance", Lesson: "01", Ops: []Told{{Undo: "umount /proc"}, {}}, Inside: true}
	for _, c := range []struct {
		name, keys string
		event      Event
		want       Answer
		says       []string
		left       string // of the input: one step takes no more than its own answer
	}{
		{"Enter", "\n", told, Go, []string{"> "}, ""},
		{"only the first line", "\n\nq\n", told, Go, nil, "\nq\n"},
		{"leave out", "s\n", told, Skip, nil, ""},
		{"let fail", " f \n", told, Fail, nil, ""},
		{"quit", "q\n", told, Quit, nil, ""},
		{"the end of the input quits", "", told, Quit, nil, ""},
		{"half a line is no answer", "s", told, Quit, nil, ""},
		{"a kept step stays", "s\n\n", kept, Go, []string{"can not be left out here: the host's files would be seen"}, ""},
		{"a kept step can fail", "f\n", kept, Fail, nil, ""},
		{"help and again", "?\nq\n", told, Quit, []string{pauseHelp, "Mount /proc: a new instance", "glassbox lesson 01", "to take it back: umount /proc\n"}, ""},
		{"any other key is a call for help", "x\n\n", told, Go, []string{pauseHelp}, ""},
		{"no shell", "!\n\n", told, Go, []string{"no shell can be opened here"}, ""},
		{"what is done is not asked about", "q\n", Event{Done: true}, Go, nil, "q\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var out strings.Builder
			p := &Pause{In: bufio.NewReader(strings.NewReader(c.keys)), Out: &out}
			if got := p.Hear(c.event); got != c.want {
				t.Errorf("answered %v, want %v", got, c.want)
			}
			for _, text := range c.says {
				if !strings.Contains(out.String(), text) {
					t.Errorf("said %q, want %q in it", out.String(), text)
				}
			}
			if left, err := io.ReadAll(p.In); err != nil || string(left) != c.left {
				t.Errorf("left %q of the input (%v), want %q", left, err, c.left)
			}
		})
	}
}

// The shell is opened on the side where the step is about to happen, and its end is followed by the same question.
func TestPauseShell(t *testing.T) {
	for _, inside := range []bool{true, false} {
		var out strings.Builder
		opened := []bool(nil)
		p := &Pause{In: bufio.NewReader(strings.NewReader("!\ns\n")), Out: &out, Shell: func(inside bool) error {
			opened = append(opened, inside)
			return errors.New("exit status 3")
		}}
		if got := p.Hear(Event{Inside: inside}); got != Skip || len(opened) != 1 || opened[0] != inside {
			t.Errorf("inside %v: answered %v, opened %v", inside, got, opened)
		}
		if !strings.Contains(out.String(), "the shell ended: exit status 3") {
			t.Errorf("said %q", out.String())
		}
	}
}
