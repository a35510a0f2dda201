// This file feeds Unpack with anything at all. Whatever it makes of it, it must stay inside its tree.
package archive

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"glassbox/internal/testkit"
)

func FuzzUnpack(f *testing.F) {
	testkit.Need(f, testkit.Root())
	for _, entries := range [][]*tar.Header{
		{dir("a/"), file("a/b"), hardlink("c", "a/b"), symlink("l", "../..")},
		{symlink("a", "/"), file("a/evil")},
		{symlink("a", ".."), symlink("b", "a/.."), file("b/evil")},
		{dir("d"), file("d/.wh..wh..opq"), file(".wh.x"), file("x")},
		{hardlink("a", "../../../etc/passwd")},
		{file("..")},
	} {
		f.Add(packed(f, entries...))
		f.Add(gzipped(f, packed(f, entries...)))
	}
	f.Fuzz(func(t *testing.T, archive []byte) {
		base := t.TempDir()
		tree := filepath.Join(base, "deep", "tree")
		if err := os.MkdirAll(tree, 0o755); err != nil {
			t.Fatal(err)
		}
		if s, err := codecs().NewStream(bytes.NewReader(archive), Limits{Bytes: 1 << 20, Ratio: 10, Free: 1 << 16}); err == nil {
			if _, err := Unpack(tree, s, Options{Layer: true, Rootless: true, Owner: &Owner{}, MaxBytes: 1 << 20}); err != nil {
				t.Log(err)
			}
			s.Close()
		}
		for _, name := range []string{base, filepath.Dir(tree)} {
			if entries, err := os.ReadDir(name); err != nil || len(entries) != 1 {
				t.Fatalf("outside the tree: %v (%v)", entries, err)
			}
		}
	})
}
