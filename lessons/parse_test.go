// This file tests that mistakes in a lesson are found, and what a good one turns into.
package lessons

import (
	"strings"
	"testing"
)

// small is a lesson as it should be; the tests break it.
const small = `---
title: Small
time: 1 minute
guide: G1-18
needs: sh
---

# Small

Some **prose**.

` + "```sh run\nsleep 1000 &\nPID=$!\necho started $PID\n```\n\n```output\nstarted *\n```\n\n" +
	"```check lives\ntrue: process $PID is alive\nfalse: process 4194305 is alive\nhint: a\nhint: b\nhint: c\n```\n\n" +
	"```sh run fails\nfalse\n```\n\n```sh cleanup\ntrue\n```\n"

func TestParse(t *testing.T) {
	l, err := Parse("99-small", small)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []Kind
	for _, p := range l.Parts {
		if p.Kind != Prose || strings.TrimSpace(strings.Join(p.Lines, "")) != "" {
			kinds = append(kinds, p.Kind)
		}
	}
	want := []Kind{Prose, Run, Output, Judge, Run, Cleanup}
	if len(kinds) != len(want) {
		t.Fatalf("parts are %v, want %v", kinds, want)
	}
	for i := range want {
		if kinds[i] != want[i] {
			t.Fatalf("parts are %v, want %v", kinds, want)
		}
	}
	if c := l.Checks()[0]; c.Name != "lives" || len(c.Facts) != 2 || !c.Facts[0].Want || c.Facts[1].Want || len(c.Hints) != 3 {
		t.Errorf("check is %+v", c)
	}
}

func TestParseFindsMistakes(t *testing.T) {
	for name, c := range map[string]struct{ old, new, says string }{
		"no control":            {"false: process 4194305 is alive\n", "", "no control"},
		"control of other kind": {"false: process 4194305 is alive", "false: process 4194305 is gone", "no control"},
		"only controls":         {"true: process", "false: process", "no fact that must be true"},
		"two hints":             {"hint: c\n", "", "three"},
		"no such fact":          {"true: process $PID is alive", "true: process $PID is happy", "no fact reads like"},
		"no cleanup":            {"```sh cleanup", "```sh run", "cleanup"},
		"no such block":         {"```sh run\n", "```sh walk\n", "no block is called"},
		"check with no name":    {"```check lives", "```check", "no block is called"},
		"output of nothing":     {"started *\n```\n", "started *\n```\n\ntext\n\n```output\nx\n```\n", "follows the block"},
		"block with no end":     {"```sh cleanup\ntrue\n```", "```sh cleanup\ntrue", "no end"},
		"no title":              {"title: Small\n", "", "title"},
		"odd front matter":      {"time: 1 minute", "author: me", "front matter"},
		"no front matter":       {"---\ntitle", "title", "front matter"},
	} {
		text := strings.Replace(small, c.old, c.new, 1)
		if text == small {
			t.Errorf("%s: the test breaks nothing", name)
		}
		if _, err := Parse("99-small", text); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error is %v, want one about %q", name, err, c.says)
		}
	}
}

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, value string
		want           bool
	}{
		{"a", "a", true}, {"a", "b", false}, {"a*", "abc", true}, {"*c", "abc", true}, {"*b*", "abc", true},
		{"a*c", "abd", false}, {"a*b*c", "a/b/c", true}, {"ab*b", "ab", false}, {"*", "", true},
	} {
		if got := like(c.pattern, c.value); got != c.want {
			t.Errorf("like(%q, %q) = %v", c.pattern, c.value, got)
		}
	}
}

func TestFindByNumberOrName(t *testing.T) {
	course := mustCourse(t)
	for _, word := range []string{"1", "01", "namespaces", "01-namespaces"} {
		if l, err := Find(course, word); err != nil || l.Number != "01" {
			t.Errorf("Find(%q) = %s, %v", word, l.ID(), err)
		}
	}
	if _, err := Find(course, "nothing"); err == nil || !strings.Contains(err.Error(), "01-namespaces") {
		t.Errorf("error is %v, want one that lists the lessons", err)
	}
}
