// This file holds the lessons to the rules of FORMAT.md, and the quotes in them to the code. Nothing is run here.
package lessons

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

// updating tells whether -update was given, which package testkit defines for golden files.
func updating() bool { return flag.Lookup("update").Value.String() == "true" }

func mustCourse(t *testing.T) []Lesson {
	t.Helper()
	course, err := Course()
	if err != nil {
		t.Fatal(err)
	}
	return course
}

func TestLessonsAreWhole(t *testing.T) {
	guideID := regexp.MustCompile(`^(G[0-9]+|M[1-4]|D)-[0-9]{2}$`)
	for _, l := range mustCourse(t) {
		if len(l.Checks()) < 4 {
			t.Errorf("%s has %d checks", l.ID(), len(l.Checks()))
		}
		for _, id := range l.Guide {
			if !guideID.MatchString(id) {
				t.Errorf("%s: %q is no guide id", l.ID(), id)
			}
		}
		for _, heading := range []string{"# Lesson " + l.Number + ".", "After this lesson you can answer", "## The same with glassbox", "## In the interview", "30 seconds", "120 seconds", "Traps"} {
			if !strings.Contains(l.Raw, heading) {
				t.Errorf("%s lacks %q", l.ID(), heading)
			}
		}
	}
}

// A variable that no block sets would make a check fail for a reason that no learner understands.
func TestChecksUseVariablesThatBlocksSet(t *testing.T) {
	for _, l := range mustCourse(t) {
		set := "$= PWD="
		for _, part := range l.Parts {
			if part.Kind == Run {
				set += strings.Join(part.Lines, "\n") + "\n"
			}
			for _, f := range part.Check.Facts {
				for _, name := range variables(f.Text) {
					if !strings.Contains(set, name+"=") {
						t.Errorf("%s: line %d: no block before it sets $%s", l.ID(), f.Line, name)
					}
				}
			}
		}
	}
}

func TestQuotesEqualTheCode(t *testing.T) {
	anchors, err := Anchors("..")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, l := range mustCourse(t) {
		updated, names, err := Requote(l.Raw, anchors)
		if err != nil {
			t.Errorf("%s: %v", l.ID(), err)
			continue
		}
		for _, name := range names {
			used[name] = true
		}
		if updated == l.Raw {
			continue
		}
		if !updating() {
			t.Errorf("%s quotes code that has changed: go test ./lessons -update", l.ID())
		} else if err := os.WriteFile(l.ID()+"/README.md", []byte(updated), 0o644); err != nil {
			t.Error(err)
		}
	}
	for name := range anchors {
		if !used[name] {
			t.Errorf("the anchor %q is quoted by no lesson", name)
		}
	}
}

func TestRequoteFindsADanglingQuote(t *testing.T) {
	if _, _, err := Requote("<!-- code: nowhere -->\n", map[string]string{}); err == nil {
		t.Error("a quote of nothing passes")
	}
}

func TestRequote(t *testing.T) {
	anchors := map[string]string{"greet": "func greet() {\n\tprintln(\"hi\")\n}"}
	want := "before\n<!-- code: greet -->\n```go\n" + anchors["greet"] + "\n```\nafter"
	for _, text := range []string{"before\n<!-- code: greet -->\nafter", "before\n<!-- code: greet -->\n```go\nold\n```\nafter", want} {
		got, names, err := Requote(text, anchors)
		if err != nil || got != want || len(names) != 1 {
			t.Errorf("Requote(%q) = %q, %v, %v", text, got, names, err)
		}
	}
}

func TestExcerptEndsWhereTheCodeDoes(t *testing.T) {
	found := map[string]string{}
	text := "package p\n\n// LESSON: whole\n// f does it.\nfunc f() {\n\tif true {\n\t}\n\n\t// LESSON: part\n\ta()\n\tb()\n\n\tc()\n}\n\nvar x int\n"
	if err := addAnchors(found, "p.go", text); err != nil {
		t.Fatal(err)
	}
	if got := found["part"]; got != "a()\nb()" {
		t.Errorf("part is %q", got)
	}
	if got := found["whole"]; !strings.HasPrefix(got, "// f does it.\nfunc f() {") || !strings.HasSuffix(got, "\n\tc()\n}") {
		t.Errorf("whole is %q", got)
	}
}

func TestFormatListsEveryFact(t *testing.T) {
	text, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]*\\{[^`]*)` \\|").FindAllStringSubmatch(string(text), -1) {
		listed = append(listed, row[1])
	}
	var known []string
	for _, k := range kinds() {
		known = append(known, k.pattern)
	}
	if got, want := strings.Join(listed, "\n"), strings.Join(known, "\n"); got != want {
		t.Errorf("FORMAT.md lists\n%s\n\nthe table is\n%s", got, want)
	}
}
