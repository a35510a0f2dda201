// This file runs out of disk space: the answer is one line with the remedy, and nothing is left behind.
package test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
)

// small mounts a tmpfs of 1 MiB and fills it up to the last bytes, which are left free.
func small(t *testing.T, dir string, free int64) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	filler, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	if err := fill(filler, free); err != nil {
		t.Fatal(err)
	}
}

func fill(filler *os.File, free int64) error {
	_, err := io.CopyBuffer(filler, endless{}, make([]byte, 4096))
	if !errors.Is(err, unix.ENOSPC) {
		return errors.Join(errors.New("the disk was never full"), err)
	}
	at, err := filler.Seek(0, io.SeekEnd)
	return errors.Join(err, filler.Truncate(at-free), filler.Close())
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// Wherever the space ends: at the first file, at the journal, at the story.
func TestFullDisk(t *testing.T) {
	warm := newPlace(t)
	warm.must("run", "--rm", "box", "true")
	warm.settled()
	for _, c := range []struct {
		full string
		free int64
	}{{"root", 0}, {"root", 64 << 10}, {"root", 1 << 19}, {"state", 0}, {"state", 8 << 10}, {"state", 16 << 10}, {"state", 24 << 10}} {
		t.Run(fmt.Sprintf("%s %d", c.full, c.free), func(t *testing.T) { checkFull(t, warm, c.full, c.free) })
	}
}

func checkFull(t *testing.T, warm place, full string, free int64) {
	t.Helper()
	p := warm
	p.t = t
	dir := filepath.Join(t.TempDir(), full)
	small(t, dir, free)
	if full == "root" {
		p.root = dir // where the image has no room
	} else {
		p.state = dir
	}
	before := p.picture()
	r := p.run("run", "--rm", "box", "true")
	if r.code != 125 || strings.Count(r.stderr, "\n") != 1 ||
		!strings.Contains(r.stderr, "no space left on device") || !strings.Contains(r.stderr, "--root and --state") {
		t.Errorf("want one line about the full disk: %s", r)
	}
	if left := p.audited(); left != "" {
		t.Errorf("left behind: %s", left)
	}
	// What all containers share stays: the directories, and which address was given last.
	shared := regexp.MustCompile(`/(containers|names|netns|runtime|leases|leases/[^/]+|leases/[^/]+/last)( |$)`)
	for line := range strings.Lines(testkit.Diff(before, p.settled())) {
		if !shared.MatchString(strings.TrimSpace(line)) {
			t.Errorf("left behind: %s", line)
		}
	}
}

// audited is what audit finds and goes on finding: a supervisor takes a moment to end. Cgroups are the machine's, and other tests
// may be at work in them.
func (p place) audited() (left string) {
	p.t.Helper()
	for range 100 {
		left = ""
		for line := range strings.Lines(p.run("audit").stdout) {
			if !strings.HasPrefix(line, "cgroup ") && !strings.HasPrefix(line, "nothing ") {
				left += line
			}
		}
		if left == "" {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	return left
}

// An overlay can not be the upper layer of another one.
func TestRootOnAnOverlay(t *testing.T) {
	p := newPlace(t)
	dir := t.TempDir()
	for _, name := range []string{"lower", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	p.root = filepath.Join(dir, "merged")
	options := "lowerdir=" + dir + "/lower,upperdir=" + dir + "/upper,workdir=" + dir + "/work"
	if err := unix.Mount("overlay", p.root, "overlay", 0, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(p.root, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	r := p.run("run", "--rm", "--network", "none", "box", "true")
	if r.code != 125 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "not itself an overlay") {
		t.Errorf("want one line about overlays: %s", r)
	}
	if ids := p.ids(); len(ids) != 0 {
		t.Errorf("left behind: %v", ids)
	}
}
