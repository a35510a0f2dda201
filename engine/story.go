// This file keeps the story of a container: how it was made, how it was last started, and what the runtime did, one JSON object
// a step.
package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"glassbox/explain"
)

// Story returns every step of a container's birth, in order.
func (e *Engine) Story(ctx context.Context, ref string) ([]explain.Event, error) {
	r, err := e.find(ref)
	if err != nil {
		return nil, err
	}
	var story []explain.Event
	for _, path := range []string{
		e.dir(r.ID, storyFile),
		e.live(r.ID, storyFile), filepath.Join(e.runtimeRoot(), r.ID, storyFile), // while it runs
		e.dir(r.ID, lastStoryFile), // afterwards both of them
	} {
		part, err := readStory(path)
		if err != nil {
			return nil, err
		}
		story = append(story, part...)
	}
	return story, nil
}

func readStory(path string) ([]explain.Event, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the story: %w", err)
	}
	defer f.Close()
	var story []explain.Event
	for decoder := json.NewDecoder(f); ; {
		var event explain.Event
		switch err := decoder.Decode(&event); {
		case errors.Is(err, io.EOF):
			return story, nil
		case err != nil:
			return nil, fmt.Errorf("read the story in %s: %w", path, err)
		}
		story = append(story, event)
	}
}

func writeStory(path string, story []explain.Event) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	for _, event := range story {
		if err := encoder.Encode(event); err != nil {
			return fmt.Errorf("keep the story: %w", err)
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		return fmt.Errorf("keep the story: %w", err)
	}
	return nil
}
