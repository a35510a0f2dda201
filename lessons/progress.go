// This file remembers which checks a learner has passed: one small JSON file, below the XDG state directory.
package lessons

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/renameio/v2"
)

// Progress is what was passed, by lesson ("01-namespaces") and name of the check.
type Progress struct {
	path   string
	Passed map[string][]string `json:"passed"`
}

// ProgressPath is where progress is kept unless the caller says otherwise.
func ProgressPath() (string, error) {
	dir := os.Getenv("XDG_STATE_HOME")
	if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", fmt.Errorf("find the place for the progress: %w; set XDG_STATE_HOME", err)
		}
		dir = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(dir, "glassbox", "progress.json"), nil
}

// LoadProgress reads the file; where there is none nothing was passed yet.
func LoadProgress(path string) (*Progress, error) {
	p := &Progress{path: path, Passed: map[string][]string{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(text, p)
	}
	if err != nil {
		return nil, fmt.Errorf("read the progress from %s: %w; remove the file to start anew", path, err)
	}
	return p, nil
}

// Pass notes a passed check.
func (p *Progress) Pass(l Lesson, check string) error {
	if slices.Contains(p.Passed[l.ID()], check) {
		return nil
	}
	p.Passed[l.ID()] = append(p.Passed[l.ID()], check)
	return p.save()
}

// Reset forgets what was passed in the lessons.
func (p *Progress) Reset(course ...Lesson) error {
	for _, l := range course {
		delete(p.Passed, l.ID())
	}
	return p.save()
}

// Count tells how many of a lesson's checks were passed; a check that has left the course does not count.
func (p *Progress) Count(l Lesson) int {
	n := 0
	for _, c := range l.Checks() {
		if slices.Contains(p.Passed[l.ID()], c.Name) {
			n++
		}
	}
	return n
}

func (p *Progress) save() error {
	text, err := json.MarshalIndent(p, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(p.path), 0o755)
	}
	if err == nil {
		err = renameio.WriteFile(p.path, append(text, '\n'), 0o644)
	}
	if err != nil {
		return fmt.Errorf("keep the progress in %s: %w", p.path, err)
	}
	return nil
}
