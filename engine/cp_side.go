// This file holds the two sides of a copy: a root directory each, and a path that is looked up in it and nowhere else.
package engine

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/storage/archive"
)

// side is a path below a root directory. Its end matters: "dir/." is what is in dir, "dir/" must be a directory.
type side struct {
	root *os.File
	path string
	text string // as the caller wrote it
}

// rooted takes every path of a container as one from its root.
func rooted(name string) string { return "/" + strings.TrimLeft(name, "/") }

func hostSide(name string) (*os.File, side, error) {
	here, err := os.Getwd()
	if err != nil {
		return nil, side{}, err
	}
	full := name
	if !path.IsAbs(name) {
		full = here + "/" + name
	}
	root, err := os.Open("/")
	return root, side{root, full, name}, err
}

func (s side) wantsDir() bool  { return strings.HasSuffix(s.path, "/") || s.contents() }
func (s side) contents() bool  { return strings.HasSuffix(s.path, "/.") }
func (s side) cleaned() string { return path.Clean(s.path) }

// found is a file that is there: a name in a directory that is open. The path to it has no links any more.
type found struct {
	dir      *os.File
	base     string
	isDir    bool
	contents bool // what is in it is meant, not itself
}

// look finds the file that the path leads to.
func (s side) look(follow bool) (*found, error) {
	name, err := resolve(s.root, s.cleaned(), follow || s.wantsDir())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.text, errors.Unwrap(err))
	}
	f := &found{base: path.Base(name), contents: s.contents()}
	if f.dir, err = openInside(s.root, path.Dir(name)); err != nil {
		return nil, fmt.Errorf("%s: %w", s.text, err)
	}
	if name == "/" {
		f.base = "."
	}
	var st unix.Stat_t
	if err := unix.Fstatat(int(f.dir.Fd()), f.base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", s.text, err), f.dir.Close())
	}
	f.isDir = st.Mode&unix.S_IFMT == unix.S_IFDIR
	if s.wantsDir() && !f.isDir {
		return nil, errors.Join(fmt.Errorf("%s: %w", s.text, unix.ENOTDIR), f.dir.Close())
	}
	return f, nil
}

func openInside(root *os.File, name string) (*os.File, error) {
	how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_DIRECTORY | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	fd, err := unix.Openat2(int(root.Fd()), name, &how)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}

// inside opens the directory itself.
func (f *found) inside() (*os.File, error) {
	fd, err := unix.Openat(int(f.dir.Fd()), f.base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path.Join(f.dir.Name(), f.base)), nil
}

// checkWritable asks the mount, for a container may have volumes that can be written in a root that can not, and the reverse.
func checkWritable(dir *os.File) error {
	var fs unix.Statfs_t
	if err := unix.Fstatfs(int(dir.Fd()), &fs); err != nil {
		return &os.PathError{Op: "statfs", Path: dir.Name(), Err: err}
	}
	if fs.Flags&unix.ST_RDONLY != 0 {
		return fmt.Errorf("copy to %s: it is mounted read-only there", dir.Name())
	}
	return nil
}

// pack writes the file as an archive in which it is called as.
func (f *found) pack(w io.Writer, as string) error {
	if !f.contents && as != "." {
		return archive.PackAt(w, int(f.dir.Fd()), f.base, as, archive.PackOptions{})
	}
	dir, err := f.inside()
	if err != nil {
		return err
	}
	defer dir.Close()
	return archive.Pack(w, fmt.Sprintf("/proc/self/fd/%d", dir.Fd()), archive.PackOptions{})
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

type countingWriter struct {
	w io.Writer
	n int64
}

func (c *countingWriter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
