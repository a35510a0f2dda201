// This file checks that the files of a container are read as it would read them itself, and that nothing but files is opened.
package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestReadInRoot(t *testing.T) {
	root := t.TempDir()
	if err := os.Mkdir(filepath.Join(root, "etc"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(root, "etc/real"), []byte("inside"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"absolute": "/etc/real", "above": "../../../../etc/real", "host": "/proc/self/exe", "loop": "loop"} {
		if err := os.Symlink(target, filepath.Join(root, "etc", name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mkfifo(filepath.Join(root, "etc/pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"real": "inside", "absolute": "inside", "above": "inside", "host": "", "none": ""} {
		if got, err := readInRoot(root, "/etc/"+name); err != nil || string(got) != want {
			t.Errorf("%s reads %q, %v: want %q", name, got, err, want)
		}
	}
	for name, want := range map[string]string{"loop": "too many levels of symbolic links", "pipe": "it is no file", ".": "it is no file"} {
		if _, err := readInRoot(root, "/etc/"+name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v: want %q", name, err, want)
		}
	}
}
