// This test fills a disk.
package storage

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A disk that is full: the error says so, and the store is as it was.
func TestFullDisk(t *testing.T) {
	source := newStore(t)
	addImage(t, source, "big:1", []string{"small=1"}, []string{"big=" + strings.Repeat("0123456789abcdef", 1<<17)})
	archive := gz(t, saved(t, source, "big:1"))
	for _, size := range []string{"1m", "3m"} { // too small for the blobs; for the folders
		dir := t.TempDir()
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
		s := openStore(t, dir+"/store", nil)
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
