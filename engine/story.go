// This file keeps the story of a container: how it was made, how it was last started, and what the runtime did, one JSON object
// a step.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"glassbox/explain"
	"glassbox/kernel/quickjson"
	"glassbox/runtime/container"
)

// Story returns every step of a container's birth, in order.
func (e *Engine) Story(ctx context.Context, ref string) ([]explain.Event, error) {
	r, err := e.find(ref)
	if err != nil {
		return nil, err
	}
	made, err := readStory(e.dir(r.ID, storyFile))
	if err != nil {
		return nil, err
	}
	started, err := e.startStory(r.ID)
	return append(made, started...), err
}

// startStory is kept as a whole when the container has ended. While it runs, the runtime has its own half.
func (e *Engine) startStory(id string) ([]explain.Event, error) {
	ours, err := readStory(e.live(id, storyFile))
	if err != nil {
		return nil, err
	}
	if len(ours) == 0 {
		return readStory(e.dir(id, lastStoryFile))
	}
	c, err := container.Load(e.runtimeRoot(), id)
	if errors.Is(err, container.ErrNotFound) {
		return ours, nil
	}
	if err != nil {
		return nil, err
	}
	theirs, err := c.Story()
	return append(ours, theirs...), err
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
	var lines []byte
	for _, event := range story {
		line, err := quickjson.Marshal(event)
		if err != nil {
			return fmt.Errorf("keep the story: %w", err)
		}
		lines = append(append(lines, line...), '\n')
	}
	if err := os.WriteFile(path, lines, 0o600); err != nil {
		return fmt.Errorf("keep the story: %w", err)
	}
	return nil
}
