// This file is what the tests of the store share: an image made of the installed busybox, a store in a temporary
// directory, and a small image of any layers.
package storage

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/storage/archive/codec"
	"glassbox/storage/box/recipe"
)

func TestMain(m *testing.M) { os.Exit(testkit.Sandbox(m)) }

// boxImage makes the embedded image once for all tests, which so do not depend on `make image`.
var boxImage = sync.OnceValues(func() ([]byte, error) {
	p, err := recipe.Read("/")
	if err != nil {
		return nil, err
	}
	var image bytes.Buffer
	err = recipe.Write(&image, p)
	return image.Bytes(), err
})

func boxArchive(t testing.TB) []byte {
	t.Helper()
	image, err := boxImage()
	if err != nil {
		t.Fatal(err)
	}
	return image
}

// openStore opens a store whose embedded image is archive.
func openStore(t testing.TB, root string, archive []byte) *Store {
	t.Helper()
	s, err := open(root, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive)), nil })
	if err != nil {
		t.Fatal(err)
	}
	s.Codecs = codec.All()
	return s
}

func newStore(t testing.TB) *Store {
	t.Helper()
	testkit.Need(t, testkit.Root(), testkit.FileSystem("overlay"))
	return openStore(t, filepath.Join(t.TempDir(), "store"), boxArchive(t))
}

func mustImage(t testing.TB, s *Store, ref string) Image {
	t.Helper()
	img, err := s.Image(ref)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// mustRun does a plan that is taken back at the end of the test.
func mustRun(t testing.TB, plan []explain.Step) *explain.Runner {
	t.Helper()
	r := &explain.Runner{}
	t.Cleanup(func() {
		if err := r.Rollback(); err != nil {
			t.Error(err)
		}
	})
	if err := r.Run(plan...); err != nil {
		t.Fatal(err)
	}
	return r
}

// addImage puts an image of plain layers into the store, each layer a list of "path=content", "path/" or a whiteout "path".
func addImage(t testing.TB, s *Store, name string, layers ...[]string) {
	t.Helper()
	config := v1.ConfigFile{Architecture: "amd64", OS: "linux", RootFS: v1.RootFS{Type: "layers"}}
	m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1}
	for _, files := range layers {
		d := addBlob(t, s, tarOf(t, files), types.OCIUncompressedLayer)
		m.Layers = append(m.Layers, d)
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, d.Digest)
	}
	m.Config = addBlob(t, s, jsonOf(t, config), types.OCIConfigJSON)
	d := addBlob(t, s, jsonOf(t, m), types.OCIManifestSchema1)
	d.Annotations = map[string]string{refName: name}
	if err := s.putNames([]v1.Descriptor{d}); err != nil {
		t.Fatal(err)
	}
}

func addBlob(t testing.TB, s *Store, data []byte, kind types.MediaType) v1.Descriptor {
	t.Helper()
	h, size, err := v1.SHA256(bytes.NewReader(data))
	if err == nil {
		err = s.putBlob(h, bytes.NewReader(data))
	}
	if err != nil {
		t.Fatal(err)
	}
	return v1.Descriptor{MediaType: kind, Digest: h, Size: size}
}

func jsonOf(t testing.TB, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func tarOf(t testing.TB, files []string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range files {
		name, content, _ := strings.Cut(f, "=")
		h := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content))}
		if strings.HasSuffix(name, "/") {
			h.Typeflag, h.Mode = tar.TypeDir, 0o755
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
