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
	for _, b := range r.Binds {
		if _, err := os.Stat(b.Source); errors.Is(err, fs.ErrNotExist) && !slices.Contains(missing, b.Source) {
			missing = append(missing, b.Source)
		}
	}
	return missing
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
		"a mount needs something to show; the directories stay when the container goes", "03",
		ops...).Kept("there would be nothing to mount")}
}
