// This file reads a cgroup's last words: whether the kernel killed somebody in it for want of memory. man 7 cgroups.
package shim

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// oomKilled must be called before the cgroups are removed. v1 counts in memory.oom_control, v2 in memory.events; the word is the
// same, and only the directory of the memory controller has the file.
func oomKilled(cgroups []string) (bool, error) {
	for _, dir := range cgroups {
		for _, name := range []string{"memory.oom_control", "memory.events"} {
			data, err := os.ReadFile(filepath.Join(dir, name))
			switch {
			case errors.Is(err, fs.ErrNotExist):
			case err != nil:
				return false, fmt.Errorf("learn whether memory ran out: %w", err)
			case oomKills(string(data)) > 0:
				return true, nil
			}
		}
	}
	return false, nil
}

// oomKills finds the line "oom_kill 3".
func oomKills(text string) int {
	for line := range strings.Lines(text) {
		if number, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				return n
			}
		}
	}
	return 0
}
