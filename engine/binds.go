// This file makes the host's directories that -v names and that are not there, as Docker does. They stay: they are the user's.
package engine

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"glassbox/explain"
	"glassbox/kernel"
)

// missingSources lists what is to be bound from the host and is not there.
func missingSources(r Request) []string {
	var missing []string
	for _, m := range r.Mounts {
		if m.Type == MountBind && m.Bind.Create && !there(m.Source) && !slices.Contains(missing, m.Source) {
			missing = append(missing, m.Source)
		}
	}
	return missing
}

// there follows links, as a mount does.
func there(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func sourcesPlan(missing []string) []explain.Step {
	if len(missing) == 0 {
		return nil
	}
	var ops []explain.Op
	for _, dir := range missing {
		ops = append(ops, kernel.EnsureDir{Path: dir, Mode: 0o755})
	}
	return []explain.Step{explain.Say("Make the missing host directories",
		"a mount needs something to show; the directories stay when the container goes", "10",
		ops...).Kept("there would be nothing to mount")}
}
