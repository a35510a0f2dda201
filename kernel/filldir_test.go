// These tests fill a directory from another: everything of a file is kept, a copy that was broken off begins again, and what
// others have written meanwhile is left alone.
package kernel

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// toFill makes a source with a file of two names, and returns the op that copies it.
func toFill(t *testing.T) FillDir {
	t.Helper()
	root := t.TempDir()
	for _, dir := range []string{"root/data/deep", "volume"} {
		must(t, os.MkdirAll(filepath.Join(root, dir), 0o755))
	}
	file := filepath.Join(root, "root/data/file")
	must(t, os.WriteFile(file, []byte("text"), 0o640))
	must(t, os.Link(file, filepath.Join(root, "root/data/deep/second")))
	must(t, os.Symlink("/nowhere", filepath.Join(root, "root/data/link")))
	must(t, unix.Lsetxattr(file, "trusted.note", []byte("kept"), 0))
	must(t, os.Chmod(filepath.Join(root, "root/data"), 0o711))
	long := []unix.Timespec{{Sec: 1000}, {Sec: 2000}}
	must(t, unix.UtimesNanoAt(unix.AT_FDCWD, file, long, 0))
	return FillDir{Root: root + "/root", Source: "/data", Target: root + "/volume", Mark: root + "/filling"}
}

func TestFillDirKeepsEverything(t *testing.T) {
	f := toFill(t)
	must(t, f.Do())
	var top, file, second unix.Stat_t
	must(t, unix.Stat(f.Target, &top))
	must(t, unix.Stat(f.Target+"/file", &file))
	must(t, unix.Stat(f.Target+"/deep/second", &second))
	if top.Mode&0o7777 != 0o711 || file.Mode&0o7777 != 0o640 || file.Mtim.Sec != 2000 || file.Ino != second.Ino || file.Nlink != 2 {
		t.Errorf("top %o, file %o of %d, inodes %d %d", top.Mode, file.Mode, file.Mtim.Sec, file.Ino, second.Ino)
	}
	value := make([]byte, 8)
	if n, err := unix.Getxattr(f.Target+"/file", "trusted.note", value); err != nil || string(value[:n]) != "kept" {
		t.Errorf("the attribute is %q, %v", value, err)
	}
	if to, err := os.Readlink(f.Target + "/link"); err != nil || to != "/nowhere" {
		t.Errorf("the link leads to %q, %v", to, err)
	}
	if _, err := os.Stat(f.Mark); !os.IsNotExist(err) {
		t.Errorf("the mark stays: %v", err)
	}
}

func TestFillDirAfterABreak(t *testing.T) {
	f := toFill(t)
	must(t, os.WriteFile(f.Mark, nil, 0o600))
	must(t, os.WriteFile(f.Target+"/file", []byte("te"), 0o600)) // as far as it came
	must(t, os.WriteFile(f.Target+"/theirs", []byte("x"), 0o600))
	must(t, f.Do())
	for name, want := range map[string]string{"file": "text", "theirs": "x"} {
		if text, err := os.ReadFile(filepath.Join(f.Target, name)); err != nil || string(text) != want {
			t.Errorf("%s says %q, %v", name, text, err)
		}
	}
	must(t, FillDir{f.Root, "/no/such", f.Target, f.Mark}.Do()) // an image need not have the directory
}

// A disk that fills up in the middle: nothing of the copy stays.
func TestFillDirOnAFullDisk(t *testing.T) {
	f := toFill(t)
	must(t, unix.Mount("tmpfs", f.Target, "tmpfs", 0, "nr_inodes=2"))
	defer func() { must(t, unix.Unmount(f.Target, unix.MNT_DETACH)) }()
	wantErrno(t, f.Do(), unix.ENOSPC)
	if entries, err := os.ReadDir(f.Target); err != nil || len(entries) != 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if _, err := os.Stat(f.Mark); !os.IsNotExist(err) {
		t.Errorf("the mark stays: %v", err)
	}
}

// A link that leads out of the directory is refused; one inside is followed.
func TestBindPart(t *testing.T) {
	root := t.TempDir()
	must(t, os.MkdirAll(root+"/volume/a/b", 0o755))
	must(t, os.Symlink("a/b", root+"/volume/short"))
	must(t, os.Symlink("..", root+"/volume/out"))
	for part, want := range map[string]error{"a/b": nil, "short": nil, "out": unix.EXDEV, "missing": unix.ENOENT} {
		b := BindPart{Root: root + "/volume", Part: part, Target: filepath.Join(root, "at-"+part[:1])}
		err := b.Do()
		wantErrno(t, err, want)
		if err == nil {
			must(t, b.Undo().Do())
			must(t, os.Remove(b.Target))
		}
	}
}
