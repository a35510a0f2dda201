// These tests make images: of an archive, and of what a container has changed; and compute their digests again.
package storage

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestImport(t *testing.T) {
	s := newStore(t)
	d, err := s.NewDraft(Image{}, "flat:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Import(bytes.NewReader(gz(t, tarOf(t, []string{"./", "a=1"}))), nil); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	img := mustImage(t, s, "flat:1")
	if img.ID != d.ID || read(t, filepath.Join(img.Layers[0].Path, "a")) != "1" {
		t.Errorf("imported %v", img)
	}
	if d, err = s.NewDraft(Image{}, "no:1"); err != nil {
		t.Fatal(err)
	}
	if err := d.Import(strings.NewReader(strings.Repeat("no archive ", 100)), nil); err == nil {
		t.Error("what is no archive was imported")
	}
	before := blobs(t, s)
	if err := d.Close(); err != nil || blobs(t, s) >= before {
		t.Errorf("its bytes are still there: %d blobs, then %d (%v)", before, blobs(t, s), err)
	}
	if _, err := s.Image("no:1"); !errors.As(err, new(*UnknownImage)) {
		t.Errorf("and has a name: %v", err)
	}
}

func blobs(t *testing.T, s *Store) int {
	t.Helper()
	entries, err := os.ReadDir(s.path("blobs/sha256"))
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// The same changes give the same layer, digest for digest, when times are clamped; and the image shows them.
func TestCommit(t *testing.T) {
	s := newStore(t)
	base := mustImage(t, s, "box")
	commit := func(id string) Image {
		dirs := s.Dirs(id)
		mustRun(t, MountPlan(base, dirs))
		for _, err := range []error{
			os.WriteFile(dirs.Merged+"/new", []byte("new\n"), 0o644), os.Remove(dirs.Merged + "/README"), os.Chmod(dirs.Merged+"/tmp", 0o700),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		draft, err := s.NewDraft(base, "app:"+id)
		if err != nil {
			t.Fatal(err)
		}
		epoch := time.Unix(1_000_000_000, 0)
		draft.History = v1.History{Created: v1.Time{Time: epoch}, Comment: "test"}
		mustRun(t, CommitPlan(draft, dirs.Upper, dirs.Merged, epoch))
		if err := draft.Close(); err != nil {
			t.Fatal(err)
		}
		return mustImage(t, s, "app:"+id)
	}
	one, two := commit("one"), commit("two")
	if one.Digest != two.Digest {
		t.Errorf("the same changes made two images: %s, %s", one.Digest, two.Digest)
	}
	dirs := s.Dirs("again")
	mustRun(t, MountPlan(one, dirs))
	if read(t, dirs.Merged+"/new") != "new\n" {
		t.Error("the new file is lost")
	}
	if _, err := os.Stat(dirs.Merged + "/README"); err == nil {
		t.Error("the deleted file is back")
	}
}

// Verify finds every digest right, and a changed byte in any of the blobs wrong.
func TestVerify(t *testing.T) {
	s := twoNames(t)
	checks, err := s.Verify("app:1")
	if err != nil || len(checks) != 8 {
		t.Fatalf("%d checks (%v)", len(checks), err)
	}
	for _, c := range checks {
		if !c.OK() {
			t.Errorf("%s is wrong: %+v", c.What, c)
		}
		if out, err := exec.Command("sh", "-c", c.Shell).Output(); strings.Contains(c.Shell, "sha256sum") && (err != nil || !strings.HasPrefix(string(out), c.Want[7:])) {
			t.Errorf("by hand %s gives %s (%v), want %s", c.Shell, out, err, c.Want)
		}
	}
	img := mustImage(t, s, "app:1")
	damage(t, s.blob(img.Layers[0].Digest))
	checks, err = s.Verify("app:1")
	bad := 0
	for _, c := range checks {
		if !c.OK() {
			bad++
		}
	}
	if err != nil || bad != 4 { // its digest, its diffID, and both chainIDs
		t.Errorf("%d digests are wrong after a layer was damaged, want 4 (%v)", bad, err)
	}
}
