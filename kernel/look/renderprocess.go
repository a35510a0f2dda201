// This file prints a process as a list of labels and values.
package look

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// WriteProcess prints all that ReadProcess found.
func WriteProcess(w io.Writer, p Process) error {
	t := NewTable(w)
	t.Row("process", strconv.Itoa(p.PID)+" "+p.Name)
	t.Row("pids", spaced(p.NSpid)+"  (as seen here … as it sees itself)")
	t.Row("parent", strconv.Itoa(p.Parent))
	t.Row("state", p.State+", threads: "+strconv.Itoa(p.Threads))
	t.Row("command", quoted(p.Args))
	t.Row("program", p.Exe)
	t.Row("root", p.Root)
	t.Row("directory", p.Cwd)
	if len(p.Closed) > 0 {
		t.Row("closed to us", strings.Join(p.Closed, " "))
	}
	t.Row("user", p.UID.text())
	t.Row("group", p.GID.text())
	t.Row("more groups", spaced(p.Groups))
	t.Row("user map", MapText(p.UIDMap))
	t.Row("group map", MapText(p.GIDMap))
	p.Capabilities.rows(t)
	t.Row("no new privileges", yesNo(p.NoNewPrivs))
	t.Row("seccomp", fmt.Sprintf("%s, filters: %d", p.Seccomp, p.SeccompFilters))
	t.Row("oom_score_adj", strconv.Itoa(p.OOMScoreAdj))
	for _, l := range p.Limits {
		t.Row(l.Name, strings.TrimSpace(fmt.Sprintf("%s, at most %s %s", l.Soft, l.Hard, l.Unit)))
	}
	return t.Close()
}

func (c Capabilities) rows(t *Table) {
	t.Row("effective", c.Effective.Text())
	t.Row("permitted", c.Permitted.Text())
	t.Row("inheritable", c.Inheritable.Text())
	t.Row("bounding", c.Bounding.Text())
	t.Row("ambient", c.Ambient.Text())
}

// Text names the shorter of the two lists: what the set has, or what it lacks.
func (s CapabilitySet) Text() string {
	switch {
	case len(s.Names) == 0:
		return "none"
	case len(s.Missing) == 0:
		return fmt.Sprintf("all %d", len(s.Names))
	case len(s.Missing) < len(s.Names):
		return fmt.Sprintf("%d, all but %s", len(s.Names), strings.Join(s.Missing, " "))
	}
	return fmt.Sprintf("%d: %s", len(s.Names), strings.Join(s.Names, " "))
}

func (ids IDs) text() string {
	if ids.Real == ids.Effective && ids.Real == ids.Saved && ids.Real == ids.FS {
		return strconv.Itoa(ids.Real)
	}
	return fmt.Sprintf("real %d, effective %d, saved %d, for files %d", ids.Real, ids.Effective, ids.Saved, ids.FS)
}

// MapText writes an id map in words.
func MapText(ranges []IDRange) string {
	var parts []string
	for _, r := range ranges {
		parts = append(parts, fmt.Sprintf("%d… is %d… outside (%d ids)", r.Inside, r.Outside, r.Size))
	}
	return strings.Join(parts, "; ")
}

func spaced(numbers []int) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, " ")
}

func quoted(args []string) string {
	words := make([]string, len(args))
	for i, a := range args {
		words[i] = a
		if a == "" || strings.ContainsAny(a, " \t\n'\"\\$") {
			words[i] = strconv.Quote(a)
		}
	}
	return strings.Join(words, " ")
}
