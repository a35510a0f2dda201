// These tests are about what goes and what stays when images are removed.
package storage

import (
	"os"
	"strings"
	"testing"
	"time"

	"glassbox/explain"
)

func mustRemove(t *testing.T, s *Store, r RemoveRequest) string {
	t.Helper()
	done, err := s.Remove(r)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(done.Lines, "\n")
}

// withFolders is an image whose layers have folders.
func withFolders(t *testing.T, s *Store, name string, layers ...[]string) Image {
	t.Helper()
	addImage(t, s, name, layers...)
	mustRun(t, UnpackPlan(mustImage(t, s, name)))
	return mustImage(t, s, name)
}

// Two images share their lower layer: it goes with the second of them.
func TestSharedLayersStay(t *testing.T) {
	s := newStore(t)
	one := withFolders(t, s, "one", []string{"a=1"}, []string{"b=1"})
	withFolders(t, s, "two", []string{"a=1"}, []string{"c=1"})
	shared := one.Layers[0].Path
	text := mustRemove(t, s, RemoveRequest{Ref: "one"})
	if !strings.Contains(text, "Untagged: one:latest\nDeleted: "+one.ID.String()) || !strings.Contains(text, "Deleted: "+one.Layers[1].ChainID.String()) ||
		strings.Contains(text, one.Layers[0].ChainID.String()) {
		t.Error(text)
	}
	if _, err := os.Stat(shared + "/a"); err != nil {
		t.Error(err)
	}
	mustRemove(t, s, RemoveRequest{Ref: "two"})
	if _, err := os.Stat(shared); err == nil {
		t.Error("the shared layer is still there")
	}
	noGarbage(t, s)
}

// An image goes with its last name; by its id only if it has no other.
func TestNamesGoFirst(t *testing.T) {
	s := newStore(t)
	addImage(t, s, "app", []string{"a=1"})
	if err := s.Tag("app", "127.0.0.1:5000/app:2"); err != nil {
		t.Fatal(err)
	}
	id := mustImage(t, s, "app").ID
	if _, err := s.Remove(RemoveRequest{Ref: id.Hex[:12]}); err == nil || !strings.Contains(err.Error(), "referenced in multiple repositories") {
		t.Error(err)
	}
	if text := mustRemove(t, s, RemoveRequest{Ref: "app"}); text != "Untagged: app:latest" {
		t.Error(text)
	}
	if mustImage(t, s, "127.0.0.1:5000/app:2").ID != id {
		t.Error("the other name is gone, too")
	}
	mustRemove(t, s, RemoveRequest{Ref: id.Hex[:12]})
	if _, err := s.Image(id.Hex); err == nil {
		t.Error("it is still there")
	}
}

func usedBy(img Image, users Users) FindUsers {
	return func() (map[string]Users, error) { return map[string]Users{img.ID.String(): users}, nil }
}

func TestUsedImagesStay(t *testing.T) {
	s := newStore(t)
	img := withFolders(t, s, "app", []string{"a=1"})
	container := strings.Repeat("c", 64)
	for _, c := range []struct {
		ref   string
		users Users
		force bool
		want  string // in the error; empty: none
	}{
		{"app", Users{Stopped: []string{container}}, false, `unable to remove repository reference "app" (must force) - container cccccccccccc`},
		{img.ID.Hex, Users{Stopped: []string{container}}, false, "(must be forced) - image is being used by stopped container"},
		{img.ID.Hex, Users{Running: []string{container}}, true, "(cannot be forced) - image is being used by running container"},
		{"app", Users{Running: []string{container}}, true, ""},
	} {
		_, err := s.Remove(RemoveRequest{Ref: c.ref, Force: c.force, Users: usedBy(img, c.users)})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	// Its name was taken by force, its files are there.
	if _, err := os.Stat(img.Layers[0].Path + "/a"); err != nil || mustImage(t, s, img.ID.Hex).Name != "" {
		t.Error("a container has lost its image", err)
	}
}

// A name that moves leaves the old image without one, until somebody prunes.
func TestPruneDangling(t *testing.T) {
	s := newStore(t)
	addImage(t, s, "app", []string{"a=1"})
	old := mustImage(t, s, "app")
	addImage(t, s, "app", []string{"a=2"})
	all := func(Image) bool { return true }
	if done, err := s.Prune(PruneRequest{Pass: all, Users: usedBy(old, Users{Stopped: []string{"c"}})}); err != nil || len(done.Lines) != 0 {
		t.Errorf("what a container uses went: %v %v", done, err)
	}
	var plan []explain.Step
	if _, err := s.Prune(PruneRequest{Pass: all, Plan: func(p []explain.Step) { plan = p }}); err != nil || len(plan) != 2 {
		t.Errorf("%v %v", plan, err)
	}
	done, err := s.Prune(PruneRequest{Pass: all})
	if err != nil || done.Bytes == 0 || done.Lines[0] != "Deleted: "+old.ID.String() {
		t.Errorf("%v %v", done, err)
	}
	mustImage(t, s, "app")
	if _, err := s.Prune(PruneRequest{Pass: all, All: true}); err != nil {
		t.Error(err)
	}
	list, err := s.Images()
	if err != nil || len(list) != 1 || list[0].Name != "box:latest" {
		t.Errorf("%v %v", list, err)
	}
}

// Who is being made while an image is removed is waited for, and counted among its users.
func TestRemovalWaitsForNewUsers(t *testing.T) {
	s := newStore(t)
	img := withFolders(t, s, "app", []string{"a=1"})
	release, err := s.UseImages()
	if err != nil {
		t.Fatal(err)
	}
	recorded, removed := Users{}, make(chan error)
	go func() {
		_, err := s.Remove(RemoveRequest{Ref: "app", Force: true, Users: func() (map[string]Users, error) { return usedBy(img, recorded)() }})
		removed <- err
	}()
	select {
	case err := <-removed:
		t.Errorf("it was removed at once: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	recorded = Users{Stopped: []string{"c"}}
	release()
	if err := <-removed; err != nil || mustImage(t, s, img.ID.String()).Name != "" {
		t.Errorf("removed with a user: %v", err)
	}
}

// Whoever holds the store is safe: nothing of his is collected, however nameless.
func TestHolderIsSafe(t *testing.T) {
	s := newStore(t)
	addImage(t, s, "app", []string{"a=1"})
	release, err := s.hold()
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.putBytes("", []byte("on its way"))
	if err != nil {
		t.Fatal(err)
	}
	mustRemove(t, s, RemoveRequest{Ref: "app"})
	if !s.has(d.Digest) {
		t.Error("a blob of a pull in flight was collected")
	}
	release()
	if _, err := s.Prune(PruneRequest{Pass: func(Image) bool { return false }}); err != nil || s.has(d.Digest) {
		t.Errorf("nobody needs it, and it is still there: %v", err)
	}
}
