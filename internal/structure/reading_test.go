// This file holds that READING.md is the table of contents: every Go file exactly once, tests apart.
package structure

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

// entry is a line of the list: - `explain/step.go`: what it tells.
var entry = regexp.MustCompile("(?m)^- `([^`]+\\.go)`(.*)$")

func TestReadingList(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(testkit.Repository(t), "READING.md"))
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, m := range entry.FindAllStringSubmatch(string(text), -1) {
		times[m[1]]++
		if len(m[2]) < 10 {
			t.Errorf("READING.md says nothing about %s", m[1])
		}
	}
	var missing []string
	for _, s := range sources(t) {
		switch times[s.Path] {
		case 1:
		case 0:
			missing = append(missing, "- `"+s.Path+"`: "+purpose(s))
		default:
			t.Errorf("READING.md lists %s %d times", s.Path, times[s.Path])
		}
		delete(times, s.Path)
	}
	for path := range times {
		t.Errorf("READING.md lists %s, which is not there", path)
	}
	if missing != nil {
		t.Errorf("READING.md lacks these; put them in reading order:\n%s", strings.Join(missing, "\n"))
	}
}

// purpose proposes the sentence with which the file begins.
func purpose(s source) string {
	if s.AST.Doc == nil {
		return "?"
	}
	text := strings.Join(strings.Fields(s.AST.Doc.Text()), " ")
	if sentence, _, ok := strings.Cut(text, ". "); ok {
		text = sentence
	}
	text = strings.TrimPrefix(text, "This file ")
	return strings.TrimSuffix(text, ".")
}
