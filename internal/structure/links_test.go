// This file holds that the documents lead somewhere: links, anchors, and the commands that README.md names.
package structure

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

var (
	link    = regexp.MustCompile(`\[[^\]]*\]\(([^)\s]+)\)`)
	fence   = regexp.MustCompile("(?ms)^```.*?^```")
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	notSlug = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
	target  = regexp.MustCompile("make ([a-z-]+)`?")
	command = regexp.MustCompile(`bin/glassbox ([a-z-]+)`)
)

func TestLinks(t *testing.T) {
	for _, doc := range documents(t) {
		text, err := os.ReadFile(doc)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(fence.ReplaceAllString(string(text), ""), -1) {
			if problem := follow(doc, m[1]); problem != "" {
				t.Errorf("%s: %s: %s", doc, m[1], problem)
			}
		}
	}
}

// The negative control: a file and an anchor that are not there.
func TestLinksFinds(t *testing.T) {
	readme := filepath.Join(testkit.Repository(t), "README.md")
	for _, to := range []string{"nothing.md", "#nothing", "READING.md#nothing"} {
		if follow(readme, to) == "" {
			t.Errorf("a link to %s passes", to)
		}
	}
}

func documents(t *testing.T) []string {
	t.Helper()
	var docs []string
	err := filepath.WalkDir(testkit.Repository(t), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && d.Name() == ".git" {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
			docs = append(docs, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// follow says what is wrong with a link in doc; web addresses are not followed.
func follow(doc, to string) string {
	if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
		return ""
	}
	name, anchor, _ := strings.Cut(to, "#")
	path := doc
	if name != "" {
		path = filepath.Join(filepath.Dir(doc), name)
	}
	if _, err := os.Stat(path); err != nil {
		return "no such file"
	}
	if anchor == "" || !strings.HasSuffix(path, ".md") {
		return ""
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	if !slices.Contains(anchors(string(text)), anchor) {
		return "no such heading"
	}
	return ""
}

// anchors are the headings as web viewers name them.
func anchors(text string) []string {
	var names []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		slug := notSlug.ReplaceAllString(strings.ToLower(strings.TrimSpace(m[1])), "")
		names = append(names, strings.ReplaceAll(slug, " ", "-"))
	}
	return names
}

// Every command that README.md shows is one.
func TestCommandsExist(t *testing.T) {
	root := testkit.Repository(t)
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range target.FindAllStringSubmatch(string(readme), -1) {
		if !strings.Contains("\n"+string(makefile), "\n"+m[1]+":") {
			t.Errorf("README.md: make %s: no such target", m[1])
		}
	}
	glassbox := testkit.Program(t, "glassbox")
	for _, m := range command.FindAllStringSubmatch(string(readme), -1) {
		if out, err := exec.Command(glassbox, m[1], "--help").CombinedOutput(); err != nil {
			t.Errorf("README.md: glassbox %s --help: %v\n%s", m[1], err, out)
		}
	}
}
