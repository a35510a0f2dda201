// These tests take images out of a store and into another: save, load, and what other programs write.
package storage

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/klauspost/compress/gzip"
	"glassbox/internal/testkit"
)

func saved(t testing.TB, s *Store, refs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Save(&b, refs...); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// twoNames is a store with an image app of two layers, which has two names.
func twoNames(t testing.TB) *Store {
	t.Helper()
	s := newStore(t)
	addImage(t, s, "app:1", []string{"a=1", "d/", "d/x=1"}, []string{".wh.a", "b=2"})
	d, err := s.findManifest("app:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.name(d, "app:2"); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Store) findManifest(ref string) (v1.Descriptor, error) {
	index, err := s.index()
	if err != nil {
		return v1.Descriptor{}, err
	}
	return s.find(index, ref)
}

func TestSaveAndLoad(t *testing.T) {
	s := twoNames(t)
	want := mustImage(t, s, "app:1")
	plain := saved(t, s, "app", "box")
	for name, archive := range map[string][]byte{"plain": plain, "gzip": gz(t, plain)} {
		fresh := openStore(t, filepath.Join(t.TempDir(), "store"), nil)
		list, err := fresh.Load(bytes.NewReader(archive), nil)
		if err != nil || len(list) != 3 {
			t.Fatalf("%s: %v (%v)", name, list, err)
		}
		for _, ref := range []string{"app:1", "app:2"} {
			if got := mustImage(t, fresh, ref); got.Digest != want.Digest || got.ID != want.ID || !got.Layers[1].Unpacked {
				t.Errorf("%s: %s is %s, %s", name, ref, got.Digest, got.ID)
			}
		}
	}
	if again := saved(t, s, "app", "box"); !bytes.Equal(plain, again) {
		t.Error("the same images saved twice are two archives")
	}
}

// A byte changed anywhere in a blob is noticed, and nothing gets a name.
func TestLoadDamaged(t *testing.T) {
	whole := saved(t, twoNames(t), "app:1")
	for name, archive := range map[string][]byte{
		"changed":   bytes.Replace(whole, []byte("diff_ids"), []byte("diff_idz"), 1),
		"cut short": whole[:len(whole)/2],
		"no images": tarOf(t, []string{"etc/", "etc/passwd=root"}),
	} {
		s := openStore(t, filepath.Join(t.TempDir(), "store"), nil)
		if list, err := s.Load(bytes.NewReader(archive), nil); err == nil || len(list) != 0 {
			t.Errorf("%s: loaded %v", name, list)
		}
		checkEmpty(t, s, name)
	}
}

// checkEmpty: no names, no blobs, nothing half written, no folders of layers.
func checkEmpty(t testing.TB, s *Store, after string) {
	t.Helper()
	index, err := s.index()
	if err != nil || len(index.Manifests) != 0 {
		t.Errorf("%s: names are left: %v (%v)", after, index.Manifests, err)
	}
	for _, dir := range []string{"tmp", "layers", "l", "blobs/sha256"} {
		if left, err := os.ReadDir(s.path(dir)); err != nil || len(left) != 0 {
			t.Errorf("%s: left in %s: %v (%v)", after, dir, left, err)
		}
	}
}

// A layer that is refused, or is not what its diffID says, leaves no folder and no name.
func TestLoadHostileLayer(t *testing.T) {
	for name, layer := range map[string][]string{"evil": {"../evil=1"}, "twice": {"a=1", "a=2"}} {
		source := newStore(t)
		addImage(t, source, "evil:1", []string{"fine=1"}, layer)
		archive := saved(t, source, "evil:1")
		s := openStore(t, filepath.Join(t.TempDir(), "store"), nil)
		if _, err := s.Load(bytes.NewReader(archive), nil); err == nil || !strings.Contains(err.Error(), "the archive is refused") {
			t.Errorf("%s: %v", name, err)
		}
		checkEmpty(t, s, name)
	}
}

// What docker save wrote before version 25: no digests in the names, layers that are links.
func TestLoadOldDockerArchive(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.FileSystem("overlay"), testkit.Binary("skopeo"))
	dir := t.TempDir()
	s := twoNames(t)
	if err := os.WriteFile(dir+"/new.tar", saved(t, s, "app:1"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"docker-archive:" + dir + "/new.tar:app:1 docker-archive:" + dir + "/old.tar:app:old",
		"oci-archive:" + dir + "/new.tar:app:1 oci-archive:" + dir + "/oci.tar:app:oci",
	} {
		if out, err := exec.Command("skopeo", append([]string{"copy", "--insecure-policy"}, strings.Fields(line)...)...).CombinedOutput(); err != nil {
			t.Fatalf("skopeo copy %s: %v: %s", line, err, out)
		}
	}
	fresh := openStore(t, filepath.Join(t.TempDir(), "store"), nil)
	for _, name := range []string{"old", "oci"} {
		f, err := os.Open(dir + "/" + name + ".tar")
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if list, err := fresh.Load(f, nil); err != nil || len(list) != 1 || list[0].Name != "app:"+name || list[0].ID != mustImage(t, s, "app:1").ID {
			t.Errorf("%s: %v (%v)", name, list, err)
		}
	}
}

func gz(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The archive has what both kinds of readers look for.
func TestSavedFiles(t *testing.T) {
	r := tar.NewReader(bytes.NewReader(saved(t, twoNames(t), "app:1")))
	found := map[string]string{}
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		data, readErr := io.ReadAll(r)
		if err := errors.Join(err, readErr); err != nil {
			t.Fatal(err)
		}
		found[h.Name] = string(data)
	}
	var docker []dockerImage
	if err := json.Unmarshal([]byte(found["manifest.json"]), &docker); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(docker[0].Layers, docker[0].Config, "oci-layout", "index.json", "repositories") {
		if found[name] == "" {
			t.Errorf("there is no %s", name)
		}
	}
	if docker[0].RepoTags[0] != "app:1" {
		t.Errorf("manifest.json names %v", docker[0].RepoTags)
	}
}
