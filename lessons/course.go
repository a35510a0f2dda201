// This file holds the course: the lessons as they were when the program was built.
package lessons

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed */README.md
var files embed.FS

// Course reads every lesson, in order.
func Course() ([]Lesson, error) {
	names, err := fs.Glob(files, "*/README.md")
	if err != nil {
		return nil, fmt.Errorf("list the lessons: %w", err)
	}
	var course []Lesson
	var mistakes []error
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read lesson %s: %w", name, err)
		}
		l, err := Parse(strings.TrimSuffix(name, "/README.md"), string(text))
		course, mistakes = append(course, l), append(mistakes, err)
	}
	return course, errors.Join(mistakes...)
}

// Find finds a lesson by its number, name or both: "1", "01", "namespaces", "01-namespaces".
func Find(course []Lesson, word string) (Lesson, error) {
	var ids []string
	for _, l := range course {
		if word == l.Number || "0"+word == l.Number || word == l.Name || word == l.ID() {
			return l, nil
		}
		ids = append(ids, l.ID())
	}
	return Lesson{}, fmt.Errorf("no lesson is called %q: there are %s", word, strings.Join(ids, ", "))
}
