// This file knows where everything of a container lies.
package engine

import (
	"path/filepath"

	"glassbox/storage"
)

// dir is the container's own directory, which lives as long as the container.
func (e *Engine) dir(id string, elem ...string) string {
	return filepath.Join(append([]string{e.Root, "containers", id}, elem...)...)
}

// live is the directory that lives as long as the container runs.
func (e *Engine) live(id string, elem ...string) string {
	return filepath.Join(append([]string{e.State, "containers", id}, elem...)...)
}

func (e *Engine) logFile(id string) string { return e.dir(id, id+"-json.log") }

func (e *Engine) netns(id string) string { return filepath.Join(e.State, "netns", id) }

func (e *Engine) nameFile(name string) string { return filepath.Join(e.Root, "names", name) }

// runtimeRoot is the state root of the runtime, which has a directory of its own for each container.
func (e *Engine) runtimeRoot() string { return filepath.Join(e.State, "runtime") }

// files are the folders of the container's root file system.
func (e *Engine) files(id string) storage.Dirs {
	return storage.Dirs{
		Base: e.dir(id, "fs"), Upper: e.dir(id, "fs", "upper"), Work: e.dir(id, "fs", "work"), Merged: e.dir(id, "fs", "merged"),
	}
}

// The files in a container's directories.
const (
	recordFile    = "record.json"
	configFile    = "config.json"
	storyFile     = "story.jsonl" // of its making; in the live directory, of its start
	lastStoryFile = "start.jsonl" // of its last start
	journalFile   = "journal"
	sandboxFile   = "network.json" // where it is connected
)

// cgroupParent is the group of all containers, in each tree.
const cgroupParent = "/glassbox"
