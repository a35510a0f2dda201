// This file uses the files of containers that are paused, or between two runs.
package test

import (
	"strings"
	"testing"
)

// filesOf does everything that can be done with the files of the container c1.
func filesOf(t *testing.T, p place, when string) {
	t.Helper()
	image := strings.ReplaceAll(when, " ", "-") + ":1"
	lacks(t, p.must("diff", "c1"), "A /made")
	lacks(t, p.must("cp", "c1:/made", "-"), "by the program")
	p.must("commit", "c1", image)
	if got := p.must("run", "--rm", "--network", "none", image, "cat", "/made"); got != "by the program\n" {
		t.Errorf("%s: the image has %q", when, got)
	}
	lacks(t, p.must("export", "c1"), "by the program")
	lacks(t, p.must("blame", "c1", "/made"), "made")
}

func TestFilesOfAPausedContainer(t *testing.T) {
	p := newPlace(t)
	p.must("run", "-d", "--name", "c1", "--network", "none", "box", "sh", "-c", "echo by the program > /made; sleep 1000")
	waitFor(t, "the program has written", func() bool { return strings.Contains(p.must("diff", "c1"), "/made") })
	p.must("pause", "c1")
	filesOf(t, p, "paused")
	if state := strings.TrimSpace(p.must("inspect", "-f", "{{.State.Status}}", "c1")); state != "paused" {
		t.Errorf("commit has left it %s", state)
	}
	p.must("rm", "-f", "c1")
}

func TestFilesOfARestartingContainer(t *testing.T) {
	p := newPlace(t)
	p.must("run", "-d", "--name", "c1", "--restart", "always", "--network", "none", "-v", "data:/data", "box",
		"sh", "-c", "echo by the program > /made; echo in the volume > /data/file; exit 1")
	waitFor(t, "the program has run several times", func() bool { return strings.TrimSpace(p.must("inspect", "-f", "{{.RestartCount}}", "c1")) > "5" })
	filesOf(t, p, "restarting")
	lacks(t, p.must("cp", "c1:/data/file", "-"), "in the volume")
	p.must("rm", "-f", "c1")
	p.must("image", "prune", "-f")
}
