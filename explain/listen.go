// This file holds the listeners that change nothing on a terminal: Record, All, Without. Print and Pause, which do, and
// Script have files of their own.
package explain

import (
	"fmt"
	"strings"
	"time"
)

// Record keeps the finished steps: the container's story.
type Record struct{ Story []Event }

// Hear keeps e when it is done.
func (r *Record) Hear(e Event) Answer {
	if e.Done {
		r.Story = append(r.Story, e)
	}
	return Go
}

// All tells every listener and returns the first answer that is not Go. Listeners that are nil hear nothing; with none left
// All is nil, and the runner stays silent.
func All(listeners ...Listener) Listener {
	var present []Listener
	for _, l := range listeners {
		if l != nil {
			present = append(present, l)
		}
	}
	switch len(present) {
	case 0:
		return nil
	case 1:
		return present[0]
	}
	return ListenerFunc(func(e Event) Answer {
		answer := Go
		for _, l := range present {
			if a := l.Hear(e); answer == Go {
				answer = a
			}
		}
		return answer
	})
}

// Without answers Skip to the steps with these titles (upper and lower case alike), and nothing else.
func Without(titles []string) Listener {
	if len(titles) == 0 {
		return nil
	}
	return ListenerFunc(func(e Event) Answer {
		for _, t := range titles {
			if strings.EqualFold(t, e.Title) {
				return Skip
			}
		}
		return Go
	})
}

// CheckWithout refuses titles that no step of the plan has, and steps that must stay.
func CheckWithout(titles []string, plan []Step) error {
	for _, t := range titles {
		s, ok := find(plan, t)
		if !ok {
			return fmt.Errorf("--without %q: the plan has no step of that title (--dry-run lists them)", t)
		}
		if s.Keep != "" {
			return fmt.Errorf("--without %q: this step can not be left out here: %s", t, s.Keep)
		}
	}
	return nil
}

func find(plan []Step, title string) (Step, bool) {
	for _, s := range plan {
		if strings.EqualFold(s.Title, title) {
			return s, true
		}
	}
	return Step{}, false
}

// Story tells a plan that was carried out, with what a Runner noted in Took. inside is the number of the first step that was
// done inside the new namespaces.
func Story(plan []Step, inside int, took []time.Duration) []Event {
	var story []Event
	for i, s := range plan {
		e := Telling(s, i >= inside)
		e.Done = true
		for j := range e.Ops {
			if len(took) > 0 {
				e.Skipped = e.Skipped || took[0] < 0
				e.Ops[j].Took, took = max(took[0], 0), took[1:]
			}
		}
		story = append(story, e)
	}
	return story
}
