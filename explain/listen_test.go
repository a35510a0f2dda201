// These tests say who hears what, and whose answer counts.
package explain

import (
	"strings"
	"testing"
)

func TestAllTellsEveryoneAndTakesTheFirstDecision(t *testing.T) {
	var heard []string
	says := func(name string, a Answer) Listener {
		return ListenerFunc(func(Event) Answer {
			heard = append(heard, name)
			return a
		})
	}
	for _, c := range []struct {
		name      string
		listeners []Listener
		want      Answer
		heard     string
	}{
		{"one", []Listener{says("a", Skip)}, Skip, "a"},
		{"nobody decides", []Listener{says("a", Go), says("b", Go)}, Go, "a b"},
		{"the first decides, all hear", []Listener{says("a", Go), says("b", Quit), says("c", Skip)}, Quit, "a b c"},
		{"absent ones are passed over", []Listener{nil, says("a", Go), nil, says("b", Fail)}, Fail, "a b"},
	} {
		heard = nil
		if got := All(c.listeners...).Hear(Event{}); got != c.want || strings.Join(heard, " ") != c.heard {
			t.Errorf("%s: %v heard by %v, want %v by %s", c.name, got, heard, c.want, c.heard)
		}
	}
	if All(nil, nil) != nil || All() != nil {
		t.Error("with nobody to listen the runner must not tell: All must be nil")
	}
}

func TestWithout(t *testing.T) {
	l := Without([]string{"mount /proc", "Name the machine"})
	for title, want := range map[string]Answer{"Mount /proc": Skip, "Name the machine": Skip, "Mount /proc/x": Go, "": Go} {
		if got := l.Hear(Event{Title: title}); got != want {
			t.Errorf("%q: %v, want %v", title, got, want)
		}
	}
	if Without(nil) != nil {
		t.Error("without titles there is nothing to listen for")
	}
}

func TestCheckWithout(t *testing.T) {
	plan := []Step{Say("Mount /proc", "", ""), Say("Swap the root", "", "").Kept("the host's files would be seen")}
	for _, c := range []struct{ title, refusal string }{
		{"Mount /proc", ""},
		{"mount /PROC", ""},
		{"Swap the root", `--without "Swap the root": this step can not be left out here: the host's files would be seen`},
		{"Fly", `--without "Fly": the plan has no step of that title (--dry-run lists them)`},
	} {
		err := CheckWithout([]string{"mount /proc", c.title}, plan)
		if (err == nil) != (c.refusal == "") || err != nil && err.Error() != c.refusal {
			t.Errorf("%q: %v, want %q", c.title, err, c.refusal)
		}
	}
}
