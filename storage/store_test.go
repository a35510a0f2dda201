// These tests are about the store as a file format: other programs read it, and damage is noticed.
package storage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
)

// The library that crane is made of reads the store as it is, and finds every digest, size and diffID right.
func TestStoreIsOCILayout(t *testing.T) {
	s := newStore(t)
	img := mustImage(t, s, "box")
	p, err := layout.FromPath(s.root)
	if err != nil {
		t.Fatal(err)
	}
	index, err := p.ImageIndex()
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Error(err)
	}
	theirs, err := p.Image(img.Digest)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := theirs.ConfigName(); err != nil || id != img.ID {
		t.Errorf("the id is %s for them (%v), %s for us", id, err, img.ID)
	}

	// Negative control: they would have seen damage.
	damage(t, s.blob(img.Layers[0].Digest))
	if validate.Index(index) == nil {
		t.Error("a damaged layer was not noticed")
	}
}

// damage changes one byte in the middle of a file.
func damage(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 1
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestImageIsFoundBy(t *testing.T) {
	s := newStore(t)
	want := mustImage(t, s, "box")
	addImage(t, s, "docker.io/library/alpine:3.20", []string{"a=1"})
	for _, ref := range []string{
		"box:latest", "docker.io/library/box", "library/box", "box@" + want.Digest.String(), want.Digest.String(),
		want.ID.String(), want.ID.Hex, want.ID.Hex[:12],
	} {
		if got := mustImage(t, s, ref); got.ID != want.ID || got.Name != "box:latest" {
			t.Errorf("%s is %s, %s", ref, got.Name, got.ID)
		}
	}
	if got := mustImage(t, s, "alpine:3.20"); got.Name != "alpine:3.20" || got.ID == want.ID {
		t.Errorf("alpine:3.20 is %s, %s", got.Name, got.ID)
	}
}

func TestImageIsNotFound(t *testing.T) {
	s := openStore(t, t.TempDir(), boxArchive(t))
	for _, ref := range []string{"foo", "box:old", "f00d", "box@sha256:" + strings.Repeat("0", 64)} {
		_, err := s.Image(ref)
		var unknown *UnknownImage
		if !errors.As(err, &unknown) {
			t.Errorf("%s: %v", ref, err)
			continue
		}
		for _, want := range []string{"box:latest", "glassbox pull " + Familiar(ref)} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: no %q in: %v", ref, want, err)
			}
		}
	}
	for _, ref := range []string{"", "-v", "a b", "$(reboot)"} {
		if _, err := s.Image(ref); err == nil || !strings.Contains(err.Error(), "not the name of an image") {
			t.Errorf("%q: %v", ref, err)
		}
	}
}

// An archive with a damaged blob is refused, and nothing of it gets a name.
func TestDamagedArchiveIsRefused(t *testing.T) {
	archive := bytes.Clone(boxArchive(t))
	archive[len(archive)/2] ^= 1
	s := openStore(t, t.TempDir(), archive)
	if _, err := s.Image("box"); err == nil || !strings.Contains(err.Error(), "is damaged") {
		t.Errorf("a damaged archive: %v", err)
	}
	index, err := s.index()
	if err != nil || len(index.Manifests) != 0 {
		t.Errorf("names after a damaged archive: %v (%v)", index.Manifests, err)
	}
	if left, err := os.ReadDir(s.path("tmp")); err != nil || len(left) != 0 {
		t.Errorf("left in tmp: %v (%v)", left, err)
	}
	// The good one repairs it.
	mustImage(t, openStore(t, s.root, boxArchive(t)), "box")
}

// A program with another embedded image brings it along.
func TestEmbeddedImageIsReplaced(t *testing.T) {
	s := openStore(t, t.TempDir(), boxArchive(t))
	addImage(t, s, "box:latest", []string{"old=1"})
	addImage(t, s, "app", []string{"old=1"})
	old := mustImage(t, s, "app").Digest
	index, err := s.index()
	if err != nil || index.Manifests[0].Digest != old {
		t.Fatalf("box is not the old one to begin with: %v (%v)", index, err)
	}
	if mustImage(t, s, "box").Digest == old {
		t.Error("box is still the old one")
	}
	if mustImage(t, s, "app").Digest != old {
		t.Error("app is another one now")
	}
}

// Manifest and config are checked whenever they are read, a layer when it is unpacked.
func TestDamagedBlobIsRefused(t *testing.T) {
	s := newStore(t)
	addImage(t, s, "app", []string{"a=1"})
	img := mustImage(t, s, "app")
	for what, h := range map[string]v1.Hash{"manifest": img.Digest, "config": img.ID} {
		whole, err := os.ReadFile(s.blob(h))
		if err != nil {
			t.Fatal(err)
		}
		damage(t, s.blob(h))
		if _, err := s.Image("app"); err == nil || !strings.Contains(err.Error(), "is damaged") {
			t.Errorf("a damaged %s: %v", what, err)
		}
		if err := os.WriteFile(s.blob(h), whole, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	mustImage(t, s, "app")
}

func TestOpenSaysWhatToDo(t *testing.T) {
	_, err := Open("/proc/no/such/place")
	if err == nil || !strings.HasPrefix(err.Error(), "open the image store /proc/no/such/place: ") {
		t.Errorf("%v", err)
	}
}

func TestContainers(t *testing.T) {
	s := newStore(t)
	if err := os.Mkdir(filepath.Join(s.root, "containers", "left"), 0o755); err != nil {
		t.Fatal(err)
	}
	if ids, err := s.Containers(); err != nil || len(ids) != 1 || ids[0] != "left" {
		t.Errorf("%v, %v", ids, err)
	}
}

// On ext4 containers are spread over the disk; other file systems have no such hint. The tests' own directory is in memory.
func TestContainersAreSpread(t *testing.T) {
	root, err := os.MkdirTemp(testkit.Repository(t), "store")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(root)
	s := openStore(t, root, boxArchive(t))
	var fs unix.Statfs_t
	if err := unix.Statfs(root, &fs); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]bool{"containers": fs.Type == unix.EXT4_SUPER_MAGIC, "layers": false} {
		f, err := os.Open(s.path(dir))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		flags, err := unix.IoctlGetInt(int(f.Fd()), unix.FS_IOC_GETFLAGS)
		if err == nil && flags&0x20000 != 0 != want {
			t.Errorf("%s has the flags %x", dir, flags)
		}
	}
}
