// This file hides what a namespace does not cover: files of /proc and /sys that speak of the whole machine.
// OCI config-linux, "maskedPaths" and "readonlyPaths".
package plan

import (
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

// hideSteps come after /proc and /sys are mounted, for the masks cover files in them. LESSON: masks
func hideSteps(c Container, h Host) []explain.Step {
	var steps []explain.Step
	if ops := readonlyOps(c, h); len(ops) > 0 {
		steps = append(steps, explain.Say("Make kernel settings read-only",
			"these parts of /proc change the whole machine, not the container", "01", ops...))
	}
	if ops := maskOps(c, h); len(ops) > 0 {
		steps = append(steps, explain.Say("Mask what tells too much",
			"these files show the machine's memory, keys and hardware: an empty one is mounted over each", "01", ops...))
	}
	return steps
}

// known tells whether the host's own /proc and /sys can be asked what a path is. Elsewhere only the container knows.
func known(p string) bool { return strings.HasPrefix(p, "/proc/") || strings.HasPrefix(p, "/sys/") }

func readonlyOps(c Container, h Host) []explain.Op {
	var ops []explain.Op
	for _, p := range c.Spec.Linux.ReadonlyPaths {
		if h.Paths[p] == Absent && known(p) {
			continue
		}
		ops = append(ops, kernel.ReadonlyIn{Root: c.Rootfs(), Target: p, Flags: unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC})
	}
	return ops
}

// maskOps cover a file with /dev/null and a directory with an empty tmpfs.
func maskOps(c Container, h Host) []explain.Op {
	var ops []explain.Op
	for _, p := range c.Spec.Linux.MaskedPaths {
		if h.Paths[p] == Absent && known(p) {
			continue
		}
		ops = append(ops, kernel.MaskIn{Root: c.Rootfs(), Target: p, Dir: h.Paths[p] == Dir})
	}
	return ops
}
