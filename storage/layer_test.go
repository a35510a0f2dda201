// These tests unpack: whiteouts, many at the same time, damaged layers, and names that are nearly equal.
package storage

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"glassbox/explain"
	"glassbox/internal/testkit"
)

// Whiteouts of an image hide what is below them, and so does an opaque folder.
func TestWhiteouts(t *testing.T) {
	s := newStore(t)
	addImage(t, s, "app",
		[]string{"a=1", "b=1", "d/", "d/old=1", "e/", "e/x=1"},
		[]string{".wh.a", "b=2", "d/", "d/.wh..wh..opq", "d/new=2"},
		[]string{"e/y=3"}) // does not list e/: it must look like the one below
	img := mustImage(t, s, "app")
	d := s.Dirs("c")
	mustRun(t, MountPlan(img, d))
	found := map[string]bool{}
	err := filepath.WalkDir(d.Merged, func(path string, e fs.DirEntry, err error) error {
		found[strings.TrimPrefix(path, d.Merged)] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]bool{
		"/a": false, "/b": true, "/d/old": false, "/d/new": true, "/e/x": true, "/e/y": true, "/.wh.a": false,
	} {
		if found[path] != want {
			t.Errorf("%s is there: %v", path, found[path])
		}
	}
	if got := read(t, filepath.Join(d.Merged, "b")); got != "2" {
		t.Errorf("b is %q", got)
	}
}

// Many ask for an image that nobody has used yet. Unpacking twice would fail: a folder that is not empty is never replaced.
func TestConcurrentFirstUse(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.FileSystem("overlay"))
	root, archive := filepath.Join(t.TempDir(), "store"), boxArchive(t)
	var all sync.WaitGroup
	runners := make([]explain.Runner, 8)
	for i := range runners {
		all.Go(func() {
			s := openStore(t, root, archive)
			img, err := s.Image("box")
			if err == nil {
				err = runners[i].Run(MountPlan(img, s.Dirs(fmt.Sprint("c", i)))...)
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for i := range runners {
		rollback(t, &runners[i])
	}
	layers, err := os.ReadDir(filepath.Join(root, "layers"))
	if err != nil || len(layers) != 2 {
		t.Errorf("%d layers (%v)", len(layers), err)
	}
	if ids, err := openStore(t, root, archive).Containers(); err != nil || len(ids) != 0 {
		t.Errorf("left: %v (%v)", ids, err)
	}
}

// A layer that is not what its diffID says is not used, and can be unpacked once it is right.
func TestDamagedLayerIsRefused(t *testing.T) {
	s := newStore(t)
	addImage(t, s, "app", []string{"a=1"})
	img := mustImage(t, s, "app")
	blob := s.blob(img.Layers[0].Digest)
	good := read(t, blob)
	damage(t, blob)
	var r explain.Runner
	if err := r.Run(MountPlan(img, s.Dirs("c"))...); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("a damaged layer: %v", err)
	}
	if mustImage(t, s, "app").Layers[0].Unpacked {
		t.Error("a damaged layer counts as unpacked")
	}
	if err := os.WriteFile(blob, []byte(good), 0o644); err != nil {
		t.Fatal(err)
	}
	mustRun(t, MountPlan(img, s.Dirs("c")))
}

// The embedded image needs no fetching: with the damaged blob deleted, as the error says, it is copied again.
func TestDamagedBoxIsMended(t *testing.T) {
	s := newStore(t)
	img := mustImage(t, s, "box")
	blob := s.blob(img.Layers[0].Digest)
	damage(t, blob)
	var r explain.Runner
	if err := r.Run(MountPlan(img, s.Dirs("c"))...); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("a damaged layer: %v", err)
	}
	if err := os.Remove(blob); err != nil {
		t.Fatal(err)
	}
	mustRun(t, MountPlan(mustImage(t, s, "box"), s.Dirs("c")))
}

// Two layers whose chainIDs begin with the same digits get names of different lengths.
func TestShortNames(t *testing.T) {
	s := openStore(t, t.TempDir(), nil)
	hex := strings.Repeat("a", 64)
	if err := os.Symlink("../layers/"+hex[:63]+"b/fs", s.path("l", hex[:8])); err != nil {
		t.Fatal(err)
	}
	h, _ := splitDigest("sha256:" + hex)
	path, there, err := s.link(h)
	if err != nil || there || filepath.Base(path) != hex[:9] {
		t.Errorf("%s, %v, %v", path, there, err)
	}
}

// Whoever died while unpacking has left a part: it does not count, and the next one begins anew.
func TestInterruptedUnpack(t *testing.T) {
	s := newStore(t)
	addImage(t, s, "app", []string{"a=1"}, []string{"b=2"})
	img := mustImage(t, s, "app")
	part := s.path("layers", img.Layers[1].ChainID.Hex, "part")
	if err := os.MkdirAll(filepath.Join(part, "junk"), 0o755); err != nil {
		t.Fatal(err)
	}
	if mustImage(t, s, "app").Layers[1].Unpacked {
		t.Error("half a layer counts as unpacked")
	}
	mustRun(t, MountPlan(img, s.Dirs("c")))
	if _, err := os.Stat(filepath.Join(s.Dirs("c").Merged, "junk")); err == nil {
		t.Error("what was left by the other one is in the layer")
	}
	if _, err := os.Stat(part); err == nil {
		t.Error("the part is still there")
	}
}
