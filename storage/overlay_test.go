// These tests mount: layers, whiteouts, the container's own changes, and that all is gone afterwards.
package storage

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/kernel/look"
)

// The plan in the words of a shell is documentation: testdata/mountplan.golden.
func TestMountPlan(t *testing.T) {
	s := &Store{root: "/var/lib/glassbox"}
	img := Image{Name: "app:latest"}
	for i, digit := range []string{"a", "b"} {
		hex := strings.Repeat(digit, 64)
		link := s.path("l", hex[:8])
		img.Layers = append(img.Layers, Layer{Path: link, Unpacked: i == 0, unpack: Unpack{
			Blob: s.path("blobs/sha256/" + hex), DiffID: "sha256:" + hex, Dir: s.path("layers", hex), Link: link,
		}})
	}
	plan := MountPlan(img, s.Dirs("c0ffee"))
	var b strings.Builder
	for _, step := range plan {
		fmt.Fprintf(&b, "# %s: %s\n", step.Title, step.Why)
		for _, op := range step.Ops {
			fmt.Fprintln(&b, op.Shell())
		}
		checkWords(t, step)
	}
	testkit.Golden(t, "mountplan.golden", b.String())
}

func checkWords(t *testing.T, s explain.Step) {
	t.Helper()
	if len([]rune(s.Title)) > 40 || len([]rune(s.Why)) > 100 || s.Lesson != "03" {
		t.Errorf("too many words in %q", s.Title)
	}
}

func TestMountBox(t *testing.T) {
	s := newStore(t)
	watch := testkit.Watch{Dirs: []string{s.path("containers")}}
	before := testkit.Snapshot(t, watch)
	first := mustImage(t, s, "box")
	d := s.Dirs("c1")
	r := mustRun(t, MountPlan(first, d))
	checkFiles(t, d.Merged)
	checkCopyUp(t, d, first)

	// A second container sees nothing of the first, and nothing is unpacked for it.
	second := mustImage(t, s, "box")
	if !second.Layers[0].Unpacked || len(MountPlan(second, d)) != 2 {
		t.Error("the second container would unpack again")
	}
	e := s.Dirs("c2")
	e.Volatile = true
	other := mustRun(t, MountPlan(second, e))
	if got := read(t, filepath.Join(e.Merged, "etc/hostname")); got != "box\n" {
		t.Errorf("the second container reads %q", got)
	}
	if isVolatile(t, d) || !isVolatile(t, e) {
		t.Error("want the second mount volatile, and it alone")
	}
	rollback(t, r)
	rollback(t, other)
	if diff := testkit.Diff(before, testkit.Snapshot(t, watch)); diff != "" {
		t.Errorf("left behind:\n%s", diff)
	}
}

// checkFiles looks for what a small system must have.
func checkFiles(t *testing.T, root string) {
	t.Helper()
	for path, mode := range map[string]fs.FileMode{
		".": 0o755, "tmp": 0o777 | fs.ModeSticky, "root": 0o700, "home/app": 0o755, "bin/busybox": 0o755, "www/index.html": 0o644,
		"usr/share/doc/busybox/GPL-2": 0o644,
	} {
		info, err := os.Stat(filepath.Join(root, path))
		if err != nil {
			t.Error(err)
		} else if got := info.Mode() &^ fs.ModeDir; got != mode {
			t.Errorf("%s has mode %v, want %v", path, got, mode)
		}
	}
	for _, applet := range []string{"bin/sh", "sbin/ip", "usr/bin/wget", "usr/sbin/httpd"} {
		if _, err := os.Stat(filepath.Join(root, applet)); err != nil {
			t.Error(err)
		}
	}
}

// checkCopyUp changes and deletes files of the image in a container: the changes go to upper, the layers stay.
func checkCopyUp(t *testing.T, d Dirs, img Image) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(d.Merged, "etc/hostname"), []byte("mine\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(d.Merged, "README")); err != nil {
		t.Fatal(err)
	}
	if got := read(t, filepath.Join(d.Upper, "etc/hostname")); got != "mine\n" {
		t.Errorf("upper has %q", got)
	}
	if got := read(t, filepath.Join(img.Layers[0].Path, "etc/hostname")); got != "box\n" {
		t.Errorf("the layer has %q: it was changed", got)
	}
	if !isWhiteout(t, filepath.Join(d.Upper, "README")) {
		t.Error("a deleted file has no whiteout in upper")
	}
	if read(t, filepath.Join(img.Layers[1].Path, "README")) == "" {
		t.Error("the layer lost its README")
	}
}

func isVolatile(t *testing.T, d Dirs) bool {
	t.Helper()
	mounts, err := look.Mounts(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mounts {
		if m.Point == d.Merged {
			return strings.Contains(m.SuperOptions, "volatile")
		}
	}
	t.Errorf("%s is not mounted", d.Merged)
	return false
}

func rollback(t *testing.T, r *explain.Runner) {
	t.Helper()
	if err := r.Rollback(); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

func isWhiteout(t *testing.T, path string) bool {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		t.Error(err)
		return false
	}
	return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0
}

// 128 layers fit into the options of one mount when the store is where it is by default.
func TestManyLayers(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.FileSystem("overlay"))
	if err := unix.Mount("tmpfs", "/mnt", "tmpfs", 0, ""); err != nil { // the sandbox's /mnt
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount("/mnt", 0); err != nil {
			t.Error(err)
		}
	})
	const root = "/mnt/lib/glassbox" // as long as /var/lib/glassbox
	s := openStore(t, root, nil)
	var layers [][]string
	for i := range 128 {
		layers = append(layers, []string{fmt.Sprintf("file%d=%d", i, i)})
	}
	addImage(t, s, "tall", layers...)
	d := s.Dirs(strings.Repeat("c", 64))
	mustRun(t, MountPlan(mustImage(t, s, "tall"), d))
	if got := read(t, filepath.Join(d.Merged, "file0")) + read(t, filepath.Join(d.Merged, "file127")); got != "0127" {
		t.Errorf("the lowest and the topmost layer say %q", got)
	}

}

// Longer options are handed over layer by layer; overlayfs takes 500 and says no to one more.
func TestLongRootAndTooManyLayers(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.FileSystem("overlay"))
	s := openStore(t, filepath.Join(t.TempDir(), strings.Repeat("long:", 20), "x,y"), nil)
	layers := func(n int) (list [][]string) {
		for i := range n {
			list = append(list, []string{fmt.Sprintf("file%d=%d", i, i)})
		}
		return list
	}
	addImage(t, s, "tall", layers(500)...)
	d := s.Dirs("tall")
	mustRun(t, MountPlan(mustImage(t, s, "tall"), d))
	if got := read(t, filepath.Join(d.Merged, "file0")) + read(t, filepath.Join(d.Merged, "file499")); got != "0499" {
		t.Errorf("the lowest and the topmost layer say %q", got)
	}
	addImage(t, s, "taller", layers(501)...)
	var r explain.Runner
	if err := r.Run(MountPlan(mustImage(t, s, "taller"), s.Dirs("taller"))...); err == nil {
		t.Error("501 layers could be mounted")
	}
	rollback(t, &r)
}

// What is special in overlay's options may be part of a path.
func TestAwkwardRoot(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.FileSystem("overlay"))
	s := openStore(t, filepath.Join(t.TempDir(), `a:b,c d\e`), boxArchive(t))
	d := s.Dirs("c")
	mustRun(t, MountPlan(mustImage(t, s, "box"), d))
	if got := read(t, filepath.Join(d.Merged, "etc/hostname")); got != "box\n" {
		t.Errorf("read %q", got)
	}
}
