// These tests fill a disk.
package storage

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// A disk that is full: the error says so, and the store is as it was.
func TestFullDisk(t *testing.T) {
	source := newStore(t)
	addImage(t, source, "big:1", []string{"small=1"}, []string{"big=" + strings.Repeat("0123456789abcdef", 1<<17)})
	archive := gz(t, saved(t, source, "big:1"))
	for _, size := range []string{"1m", "3m"} { // too small for the blobs; for the folders
		s := smallStore(t, size)
		if _, err := s.Load(bytes.NewReader(archive), nil); !errors.Is(err, unix.ENOSPC) {
			t.Errorf("%s: %v", size, err)
		}
		checkEmpty(t, s, size)
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	if err := source.Save(full, "big:1"); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("save on a full disk: %v", err)
	}
}

func smallStore(t *testing.T, size string) *Store {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return openStore(t, dir+"/store", nil)
}

// What is made of a container, or of a file system, is taken back, too.
func TestNewImageOnFullDisk(t *testing.T) {
	noise := make([]byte, 4<<20) // which no program can compress
	rand.NewChaCha8([32]byte{}).Read(noise)
	upper := t.TempDir()
	if err := os.WriteFile(upper+"/big", noise, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, work := range map[string]func(*Draft) error{
		"import": func(d *Draft) error {
			return d.Import(bytes.NewReader(tarOf(t, []string{"big=" + string(noise)})), nil)
		},
		"commit": func(d *Draft) error { return (&explain.Runner{}).Run(CommitPlan(d, upper, upper, time.Time{})...) },
	} {
		s := smallStore(t, "2m")
		d, err := s.NewDraft(Image{}, "new:1")
		if err != nil {
			t.Fatal(err)
		}
		if err := work(d); !errors.Is(err, unix.ENOSPC) {
			t.Errorf("%s: %v", name, err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		checkEmpty(t, s, name)
	}
}
