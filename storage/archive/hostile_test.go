// These tests unpack archives that nobody would make who means well. Each is refused, and nothing outside the tree is touched.
package archive

import (
	"archive/tar"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"glassbox/internal/testkit"
)

func TestHostileArchives(t *testing.T) {
	testkit.Need(t, testkit.Root())
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Mkdir(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		entries []*tar.Header
		want    string
	}{
		"dot dot":                  {[]*tar.Header{file("../evil")}, `leads out by ".."`},
		"dot dot in the middle":    {[]*tar.Header{dir("a"), file("a/../../evil")}, `leads out by ".."`},
		"absolute":                 {[]*tar.Header{file(outside + "/evil")}, "absolute path"},
		"through a circle":         {[]*tar.Header{symlink("a", "b"), symlink("b", "/a"), file("a/evil")}, "leads back to itself"},
		"through a false circle":   {[]*tar.Header{symlink("a", "none/../a"), file("a/evil")}, "leads back to itself"},
		"through a link to a file": {[]*tar.Header{file("b"), symlink("a", "/b"), file("a/evil")}, "is there already"},
		"hard link out":            {[]*tar.Header{hardlink("a", "../outside/secret")}, "outside the tree"},
		"absolute hard link":       {[]*tar.Header{hardlink("a", "/etc/passwd")}, "outside the tree"},
		"hard link by a link":      {[]*tar.Header{symlink("a", "/etc"), hardlink("b", "a/passwd")}, "not in the archive"},
		"hard link to nothing":     {[]*tar.Header{hardlink("a", "b")}, "no file of the archive"},
		"hard link to a folder":    {[]*tar.Header{dir("d"), hardlink("a", "d")}, "no file of the archive"},
		"whiteout of dot dot":      {[]*tar.Header{dir("d"), file("d/.wh...")}, "would delete the directory"},
		"whiteout of itself":       {[]*tar.Header{dir("d"), file("d/.wh..")}, "would delete the directory"},
		"whiteout of nothing":      {[]*tar.Header{file(".wh.")}, "would delete the directory"},
		"in a whiteout":            {[]*tar.Header{file(".wh.d/a")}, "called like a whiteout"},
		"twice":                    {[]*tar.Header{file("a"), file("a")}, "comes twice"},
		"folder over a file":       {[]*tar.Header{file("a"), dir("a")}, "is there already"},
		"file over a folder":       {[]*tar.Header{dir("a"), file("a")}, "comes twice"},
		"file as a folder":         {[]*tar.Header{file("a"), file("a/b")}, "is there already"},
		"overlayfs's own mark":     {[]*tar.Header{{Typeflag: tar.TypeChar, Name: "a"}}, "device 0:0"},
		"nobody's file":            {[]*tar.Header{{Typeflag: tar.TypeDir, Name: "a", Uid: 1<<32 - 1}}, "no user and group"},
		"no name":                  {[]*tar.Header{{Typeflag: tar.TypeReg, Name: ""}}, "no name"},
		"top is a file":            {[]*tar.Header{file(".")}, "no directory"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := unpackInto(t, packed(t, c.entries...), Options{Layer: true})
			if !errors.As(err, new(*Refused)) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want: %s", err, c.want)
			}
		})
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 0 {
		t.Errorf("outside: %v (%v)", left, err)
	}
}

// A link in the place of a directory is followed as in the container: its root is the tree. Images have such links, var/run to /run,
// and nobody gets out by them.
func TestLinksStayInside(t *testing.T) {
	testkit.Need(t, testkit.Root())
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Mkdir(outside, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		entries []*tar.Header
		lands   string
	}{
		"absolute":       {[]*tar.Header{dir("run"), dir("var"), symlink("var/run", "/run"), file("var/run/x")}, "run/x"},
		"to nothing yet": {[]*tar.Header{dir("var"), symlink("var/run", "/run/deep"), file("var/run/x"), dir("run")}, "run/deep/x"},
		"relative":       {[]*tar.Header{dir("var"), symlink("var/run", "../run"), file("var/run/x")}, "run/x"},
		"outside":        {[]*tar.Header{symlink("a", outside), file("a/x")}, outside + "/x"},
		"climbing":       {[]*tar.Header{symlink("a", "../../../../../.."), file("a/x")}, "x"},
		"climbing far":   {[]*tar.Header{symlink("a", "../../../../../.."+outside), file("a/x")}, outside + "/x"},
		"two links":      {[]*tar.Header{dir("d"), symlink("d/a", ".."), symlink("b", "d/a/.."), file("b/x")}, "x"},
		"a chain":        {[]*tar.Header{symlink("a", "/b/c"), dir("b"), symlink("b/c", "../d"), file("a/x")}, "d/x"},
		"hard link":      {[]*tar.Header{dir("run"), file("run/f"), dir("var"), symlink("var/run", "/run"), hardlink("x", "var/run/f")}, "x"},
		"directory":      {[]*tar.Header{dir("var"), symlink("var/run", "/run"), file("var/run/d/x"), dir("var/run/d")}, "run/d/x"},
	} {
		t.Run(name, func(t *testing.T) {
			tree, err := unpackInto(t, packed(t, c.entries...), Options{Layer: true})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := os.Lstat(filepath.Join(tree, c.lands)); err != nil {
				t.Error(err)
			}
		})
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) != 0 {
		t.Errorf("outside: %v (%v)", left, err)
	}
}

// A tree that is no layer may lie anywhere: a link out of it means nothing.
func TestLinksOutOfAPlainTree(t *testing.T) {
	testkit.Need(t, testkit.Root())
	for _, target := range []string{"/run", "../../run"} {
		if _, err := unpackInto(t, packed(t, symlink("a", target), file("a/x")), Options{}); !errors.As(err, new(*Refused)) {
			t.Errorf("a -> %s: %v", target, err)
		}
	}
}

// The negative control: much the same, but well meant.
func TestFriendlyArchive(t *testing.T) {
	testkit.Need(t, testkit.Root())
	tree, err := unpackInto(t, packed(t, dir("./"), dir("usr/"), dir("usr/lib"), symlink("lib", "usr/lib"), file("lib/a"), hardlink("b", "usr/lib/a"),
		symlink("evil", "/etc/passwd"), dir("usr"), file("...")), Options{Layer: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"usr/lib/a", "b", "..."} {
		if _, err := os.Stat(filepath.Join(tree, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestDevicesNeedRoot(t *testing.T) {
	testkit.Need(t, testkit.Root())
	null := packed(t, &tar.Header{Typeflag: tar.TypeChar, Name: "null", Devmajor: 1, Devminor: 3})
	if _, err := unpackInto(t, null, Options{Layer: true, Rootless: true}); !errors.As(err, new(*Refused)) {
		t.Errorf("rootless: %v", err)
	}
	if _, err := unpackInto(t, null, Options{Layer: true}); err != nil {
		t.Errorf("as root: %v", err)
	}
}

func TestBombs(t *testing.T) {
	testkit.Need(t, testkit.Root())
	limits := Limits{Bytes: 8 << 20, Ratio: 100, Free: 1 << 20}
	big := packed(t, &tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 4 << 20})
	for name, c := range map[string]struct {
		archive []byte
		limits  Limits
		want    string
	}{
		"gzip ratio":   {gzipped(t, big), limits, "times as many"},
		"zstd ratio":   {zstded(t, big), limits, "times as many"},
		"size":         {big, Limits{Bytes: 2 << 20, Ratio: 1000, Free: 1 << 20}, "more than 2097152"},
		"bad size":     {packedSize(t, 1<<62), limits, "has 4611686018427387904 bytes"},
		"sum of sizes": {append(packed(t, file("b"))[:1024], packedSize(t, 1<<62)...), limits, "has 4611686018427387904 bytes"},
	} {
		err := unpackStream(t, c.archive, c.limits)
		if !errors.As(err, new(*Refused)) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := unpackStream(t, gzipped(t, big), DefaultLimits()); err != nil {
		t.Errorf("the control: %v", err)
	}
}

func unpackStream(t *testing.T, archive []byte, limits Limits) error {
	t.Helper()
	s, err := codecs().NewStream(bytes.NewReader(archive), limits)
	if err != nil {
		return err
	}
	defer s.Close()
	_, err = Unpack(t.TempDir(), s, Options{Layer: true, MaxBytes: limits.Bytes})
	return err
}

// packedSize is an archive whose only entry claims more bytes than there are.
func packedSize(t *testing.T, size int64) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := tar.NewWriter(&b).WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: size}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestTruncated(t *testing.T) {
	testkit.Need(t, testkit.Root())
	whole := packed(t, &tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 100_000})
	for name, archive := range map[string][]byte{"plain": whole, "gzip": gzipped(t, whole), "zstd": zstded(t, whole)} {
		if err := unpackStream(t, archive[:len(archive)/2], DefaultLimits()); err == nil || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: want one line about half an archive, got %v", name, err)
		}
		if err := unpackStream(t, archive, DefaultLimits()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOtherPackers(t *testing.T) {
	for _, magic := range []string{"BZh91AY", "\xfd7zXZ\x00\x00"} {
		if _, err := codecs().NewStream(strings.NewReader(magic), DefaultLimits()); err == nil || !strings.Contains(err.Error(), "unpack it first") {
			t.Errorf("%q: %v", magic, err)
		}
	}
}

func gzipped(t testing.TB, data []byte) []byte {
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

func zstded(t testing.TB, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return w.EncodeAll(data, nil)
}
