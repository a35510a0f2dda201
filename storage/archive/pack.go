// This file packs: a tree, or a part of it, into an archive, names in alphabetical order. It goes by descriptors and follows no
// link, so the tree may be a container's that runs and wishes us ill.
package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// PackOptions say how a tree is packed.
type PackOptions struct {
	Latest time.Time // no entry is younger; zero: as they are
	Owner  *Owner    // of everything, in place of what the files say
}

type inode struct{ dev, ino uint64 }

type packer struct {
	PackOptions
	w     *tar.Writer
	links map[inode]string // files with several names, and the first of them
	marks *overlayMarks    // how the marks of overlayfs are read; nil: they are files as others are
}

// Pack writes the tree dir as an archive whose names begin with "./", as `tar -C DIR -c .` does.
func Pack(w io.Writer, dir string, o PackOptions) error {
	p := newPacker(w, o)
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	defer unix.Close(fd)
	if err := p.children(fd, ""); err != nil {
		return err
	}
	return p.w.Close()
}

// PackAt writes what is called base in the open directory dir, a file or a tree, under the name "as".
func PackAt(w io.Writer, dir int, base, as string, o PackOptions) error {
	p := newPacker(w, o)
	if err := p.entry(dir, base, as); err != nil {
		return err
	}
	return p.w.Close()
}

func newPacker(w io.Writer, o PackOptions) *packer {
	return &packer{PackOptions: o, w: tar.NewWriter(w), links: map[inode]string{}}
}

// children packs what is in a directory; prefix is empty or ends with a slash.
func (p *packer) children(dir int, prefix string) error {
	names, err := list(dir)
	if err != nil {
		return named("list", prefix, err)
	}
	for _, base := range names {
		if err := p.entry(dir, base, prefix+base); err != nil {
			return err
		}
	}
	return nil
}

// list reads a directory that is open.
func list(dir int) ([]string, error) {
	again, err := unix.Openat(dir, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0) // for its own position
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(again), "")
	defer f.Close()
	names, err := f.Readdirnames(-1)
	slices.Sort(names)
	return names, err
}

// entry packs one name. What is gone by now, in a tree that lives, is left out.
func (p *packer) entry(dir int, base, name string) error {
	var st unix.Stat_t
	err := unix.Fstatat(dir, base, &st, unix.AT_SYMLINK_NOFOLLOW)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return named("look at", name, err)
	}
	if p.marks != nil && isWhiteout(&st) {
		return p.whiteout(name, &st)
	}
	attributes, err := readAttributes(atPath(dir, base))
	if err != nil {
		return named("pack", name, err)
	}
	h := p.header(name, &st, attributes)
	if !typeOf(h, &st) {
		return nil
	}
	switch h.Typeflag {
	case tar.TypeReg:
		return p.file(dir, base, h, &st, attributes)
	case tar.TypeDir:
		return p.directory(dir, base, h, attributes)
	case tar.TypeSymlink:
		if h.Linkname, err = readlink(dir, base); err != nil {
			return named("read the link", name, err)
		}
	}
	return p.put(h)
}

func (p *packer) put(h *tar.Header) error { return named("pack", h.Name, p.w.WriteHeader(h)) }

func readlink(dir int, base string) (string, error) {
	target := make([]byte, unix.PathMax)
	n, err := unix.Readlinkat(dir, base, target)
	return string(target[:max(n, 0)]), err
}

func (p *packer) directory(dir int, base string, h *tar.Header, attributes map[string]string) error {
	fd, err := unix.Openat(dir, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return named("open", h.Name, err)
	}
	defer unix.Close(fd)
	if err := p.put(h); err != nil {
		return err
	}
	if p.marks != nil {
		return p.changed(fd, h, attributes)
	}
	if isKernels(fd) {
		return nil
	}
	return p.children(fd, h.Name)
}

// isKernels tells whether a directory's content is made up by the kernel: a copy of it would mean nothing.
func isKernels(dir int) bool {
	var fs unix.Statfs_t
	if unix.Fstatfs(dir, &fs) != nil {
		return false
	}
	return slices.Contains([]int64{unix.PROC_SUPER_MAGIC, unix.SYSFS_MAGIC, unix.CGROUP_SUPER_MAGIC, unix.CGROUP2_SUPER_MAGIC, unix.DEVPTS_SUPER_MAGIC}, int64(fs.Type))
}

// file packs a regular file; under its second name, only that it is a hard link.
func (p *packer) file(dir int, base string, h *tar.Header, st *unix.Stat_t, attributes map[string]string) error {
	if first, ok := p.links[inode{st.Dev, st.Ino}]; ok {
		h.Typeflag, h.Linkname, h.Size, h.PAXRecords = tar.TypeLink, first, 0, nil
		return p.put(h)
	}
	if st.Nlink > 1 {
		p.links[inode{st.Dev, st.Ino}] = h.Name
	}
	f, err := p.open(dir, base, h.Name, attributes)
	if err != nil {
		return named("open", h.Name, err)
	}
	defer f.Close()
	if err := p.put(h); err != nil {
		return err
	}
	n, err := io.Copy(p.w, io.LimitReader(f, h.Size))
	if err == nil && n < h.Size {
		_, err = io.CopyN(p.w, zeros{}, h.Size-n) // somebody cut it meanwhile; its header has been written
	}
	return named("pack", h.Name, err)
}

// open waits for nobody, whatever has taken the file's place by now.
func (p *packer) open(dir int, base, name string, attributes map[string]string) (*os.File, error) {
	if p.marks != nil && p.marks.elsewhere(attributes) {
		return p.marks.openMerged(name)
	}
	fd, err := unix.Openat(dir, base, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path.Base(name)), nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
