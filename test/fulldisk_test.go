// This file runs out of disk space: the answer is one line with the remedy, and nothing is left behind.
package test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
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
	before := warm.settled()
	for _, c := range []struct {
		full string
		free int64
	}{{"root", 0}, {"root", 64 << 10}, {"root", 1 << 19}, {"state", 0}, {"state", 8 << 10}, {"state", 16 << 10}, {"state", 24 << 10}} {
		p := warm
		dir := filepath.Join(t.TempDir(), c.full)
		small(t, dir, c.free)
		if c.full == "root" {
			p.root = dir // where the image has no room
		} else {
			p.state = dir
		}
		r := p.run("run", "--rm", "box", "true")
		if r.code != 125 || strings.Count(r.stderr, "\n") != 1 ||
			!strings.Contains(r.stderr, "no space left on device") || !strings.Contains(r.stderr, "--root and --state") {
			t.Errorf("%s with %d bytes left: %s", c.full, c.free, r)
		}
		if diff := warm.changes(before); diff != "" {
			t.Errorf("%s with %d bytes left has left behind:\n%s", c.full, c.free, diff)
		}
		if ids := p.ids(); len(ids) != 0 {
			t.Errorf("%s with %d bytes left: containers %v", c.full, c.free, ids)
		}
	}
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
