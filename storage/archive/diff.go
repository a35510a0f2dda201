// This file packs what a container has changed: the upper directory of its overlay mount, in the language of layers. A layer
// unpacked and packed again is the same archive.
package archive

import (
	"archive/tar"
	"errors"
	"io"
	"os"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// overlayMarks is how an upper directory is read: Documentation/filesystems/overlayfs.rst.
type overlayMarks struct {
	prefix string // of its attributes
	merged int    // the whole mount, for files whose data are in another layer; -1: there is none
}

// Diff writes what has changed in upper as a layer. merged is where the container's files are mounted: a file of which only the
// mode was changed (metacopy) or a directory that was renamed (redirect_dir) has its content in a lower layer, and it is read
// there. Empty: such files are an error.
func Diff(w io.Writer, upper, merged string, o PackOptions) error {
	p := newPacker(w, o)
	p.marks = &overlayMarks{prefix: trustedMarks, merged: -1}
	if merged != "" {
		fd, err := unix.Open(merged, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
		if err != nil {
			return named("open", merged, err)
		}
		defer unix.Close(fd)
		p.marks.merged = fd
	}
	fd, err := unix.Open(upper, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return named("open", upper, err)
	}
	defer unix.Close(fd)
	if err := p.children(fd, ""); err != nil {
		return err
	}
	return p.w.Close()
}

// whiteout packs a deletion.
func (p *packer) whiteout(name string, st *unix.Stat_t) error {
	dir, base := path.Split(name)
	return p.put(&tar.Header{Typeflag: tar.TypeReg, Name: dir + whiteoutPrefix + base, Mode: 0o600, ModTime: p.header(name, st, nil).ModTime})
}

// changed packs the content of a directory of the upper layer.
func (p *packer) changed(dir int, h *tar.Header, attributes map[string]string) error {
	renamed := attributes[p.marks.prefix+"redirect"] != ""
	if renamed || attributes[p.marks.prefix+opaqueMark] == "y" {
		err := p.put(&tar.Header{Typeflag: tar.TypeReg, Name: h.Name + whiteoutOpaque, Mode: 0o600, ModTime: h.ModTime})
		if err != nil {
			return err
		}
	}
	if renamed {
		return p.whole(h.Name)
	}
	return p.children(dir, h.Name)
}

// whole packs a directory as the container sees it: all of it is new at this place.
func (p *packer) whole(name string) error {
	dir, err := p.marks.open(strings.TrimSuffix(name, "/"), unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return named("open the renamed directory", name, err)
	}
	defer dir.Close()
	plain := *p
	plain.marks = nil
	return plain.children(int(dir.Fd()), name)
}

// elsewhere tells whether a file of the upper layer has its data in another one.
func (m *overlayMarks) elsewhere(attributes map[string]string) bool {
	_, ok := attributes[m.prefix+"metacopy"]
	return ok
}

func (m *overlayMarks) openMerged(name string) (*os.File, error) { return m.open(name, unix.O_RDONLY) }

func (m *overlayMarks) open(name string, flags uint64) (*os.File, error) {
	if m.merged < 0 {
		return nil, errors.New("its content is in a lower layer, and the container's files are not mounted")
	}
	fd, err := openat2(m.merged, name, flags, unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), name), nil
}
