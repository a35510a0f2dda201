// This file is what the tests of archives share: archives written entry by entry, and trees described in one line a file.
package archive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
)

// A fuzzer shares files of the temporary directory with its workers, over which the sandbox would mount another one.
func TestMain(m *testing.M) {
	if slices.ContainsFunc(os.Args, func(arg string) bool { return strings.HasPrefix(arg, "-test.fuzz=") || arg == "-test.fuzzworker" }) {
		os.Exit(m.Run())
	}
	os.Exit(testkit.Sandbox(m))
}

// codecs are those of package codec, which can not be imported here: it imports this one.
func codecs() *Codecs {
	return &Codecs{
		Gzip: func(r io.Reader) (io.ReadCloser, error) { return gzip.NewReader(r) },
		Zstd: func(r io.Reader) (io.ReadCloser, error) {
			z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(8<<20))
			return z.IOReadCloser(), err
		},
	}
}

// packed writes entries with their content as they are given.
func packed(t testing.TB, entries ...*tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		if h.Mode == 0 {
			h.Mode = 0o644
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			if _, err := w.Write(bytes.Repeat([]byte("x"), int(h.Size))); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func file(name string) *tar.Header { return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: 3} }
func dir(name string) *tar.Header  { return &tar.Header{Typeflag: tar.TypeDir, Name: name, Mode: 0o755} }
func symlink(name, target string) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target}
}
func hardlink(name, target string) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target}
}

func unpackInto(t testing.TB, archive []byte, o Options) (string, error) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tree")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := Unpack(dir, bytes.NewReader(archive), o)
	return dir, err
}

func shell(t testing.TB, dir, script string) {
	t.Helper()
	c := exec.Command("sh", "-e", "-c", script)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

// describe lists all that matters of a tree: kind, mode, owner, time, links, attributes, content.
func describe(t testing.TB, root string) string {
	t.Helper()
	var lines []string
	first := map[uint64]string{}
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		name := strings.TrimPrefix(path, root)
		line := fmt.Sprintf("%s %o %d:%d %d", name, st.Mode, st.Uid, st.Gid, st.Mtim.Sec)
		if st.Nlink > 1 && !e.IsDir() && !isWhiteout(&st) { // of which overlayfs makes one for all
			if first[st.Ino] == "" {
				first[st.Ino] = name
			}
			line += " =" + first[st.Ino]
		}
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			line += fmt.Sprintf(" %d %.20q", len(data), data)
		case unix.S_IFLNK:
			target, err := os.Readlink(path)
			if err != nil {
				return err
			}
			line += " -> " + target
		case unix.S_IFCHR, unix.S_IFBLK:
			line += fmt.Sprintf(" %d:%d", unix.Major(st.Rdev), unix.Minor(st.Rdev))
		}
		attributes, err := readAttributes(path)
		if err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(attributes)) {
			if travels(name) || strings.HasSuffix(name, opaqueMark) {
				line += fmt.Sprintf(" %s=%q", name, attributes[name])
			}
		}
		lines = append(lines, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(lines, "\n")
}
