// This file makes what an entry describes, in a directory that is open and under a name that is never followed.
package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// place is where an entry goes.
type place struct {
	parent int    // the directory, open
	base   string // in it
	name   string // the whole path, for messages
}

func (u *unpacker) make(p place, h *tar.Header, data io.Reader) error {
	switch h.Typeflag {
	case tar.TypeDir:
		return u.directory(p, h)
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
		return u.file(p, h, data)
	case tar.TypeLink:
		return u.hardLink(p, h)
	case tar.TypeSymlink:
		return u.node(p, h, func() error { return unix.Symlinkat(h.Linkname, p.parent, p.base) })
	case tar.TypeChar, tar.TypeBlock:
		return u.device(p, h)
	case tar.TypeFifo:
		return u.node(p, h, func() error { return unix.Mknodat(p.parent, p.base, unix.S_IFIFO|0o600, 0) })
	}
	return &Refused{h.Name, fmt.Sprintf("is of the unknown type %q", h.Typeflag)}
}

func (u *unpacker) directory(p place, h *tar.Header) error {
	if _, err := u.makeDir(p); err != nil {
		return err
	}
	fd, err := u.parent(p.name)
	if err != nil {
		return err
	}
	if len(u.implied) > 0 {
		inside, err := u.where(fd)
		if err != nil {
			return err
		}
		delete(u.implied, inside)
	}
	u.times = append(u.times, dirTimes{p.name, timesOf(h)})
	return u.attributes(fd, h)
}

// makeDir makes a directory; one that is there is as good. In the place of a whiteout it hides those in the layers below.
func (u *unpacker) makeDir(p place) (made bool, err error) {
	err = unix.Mkdirat(p.parent, p.base, 0o755)
	if !errors.Is(err, unix.EEXIST) {
		return true, named("make the directory", p.name, err)
	}
	var st unix.Stat_t
	if err := unix.Fstatat(p.parent, p.base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return false, named("look at", p.name, err)
	}
	switch {
	case st.Mode&unix.S_IFMT == unix.S_IFDIR:
		return false, nil
	case u.Layer && isWhiteout(&st):
		if err := unix.Unlinkat(p.parent, p.base, 0); err != nil {
			return false, named("replace", p.name, err)
		}
		if err := unix.Mkdirat(p.parent, p.base, 0o755); err != nil {
			return false, named("make the directory", p.name, err)
		}
		return true, u.markOpaque(p.parent, p.base)
	}
	return false, &Refused{p.name, "is a directory, and something else of that name is there already"}
}

func (u *unpacker) file(p place, h *tar.Header, data io.Reader) error {
	fd := -1
	err := u.create(p, func() (err error) {
		fd, err = unix.Openat(p.parent, p.base, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		return err
	})
	if errors.Is(err, unix.EBUSY) { // a file is mounted on it, as on a container's /etc/hosts: that gets new content
		fd, err = unix.Openat(p.parent, p.base, unix.O_WRONLY|unix.O_TRUNC|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	}
	if errors.Is(err, unix.EROFS) {
		return fmt.Errorf("write %s: it is mounted read-only there", p.name)
	}
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := u.copyData(fd, data, h.Size); err != nil {
		return fmt.Errorf("write %s: %w", p.name, err)
	}
	if err := u.attributes(fd, h); err != nil {
		return err
	}
	return named("set the times of", p.name, unix.UtimesNanoAt(p.parent, p.base, timesOf(h), unix.AT_SYMLINK_NOFOLLOW))
}

// hardLink gives a file of the archive a second name. One in a layer below can not be meant: it has its own inode there.
func (u *unpacker) hardLink(p place, h *tar.Header) error {
	target, err := cleanName(h.Linkname)
	if err != nil {
		return &Refused{h.Name, fmt.Sprintf("is a hard link to %q, outside the tree", h.Linkname)}
	}
	dir, base := path.Split(target)
	parent, err := u.openParent(path.Clean(dir))
	if err != nil {
		return &Refused{h.Name, fmt.Sprintf("is a hard link to %q, which is not in the archive before it (%v)", h.Linkname, err)}
	}
	defer unix.Close(parent)
	var st unix.Stat_t
	if err := unix.Fstatat(parent, base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil || st.Mode&unix.S_IFMT == unix.S_IFDIR || u.Layer && isWhiteout(&st) {
		return &Refused{h.Name, fmt.Sprintf("is a hard link to %q, which is no file of the archive before it", h.Linkname)}
	}
	return u.create(p, func() error { return unix.Linkat(parent, base, p.parent, p.base, 0) })
}

func (u *unpacker) device(p place, h *tar.Header) error {
	number := unix.Mkdev(uint32(h.Devmajor), uint32(h.Devminor))
	kind := uint32(unix.S_IFCHR)
	if h.Typeflag == tar.TypeBlock {
		kind = unix.S_IFBLK
	}
	switch {
	case u.Rootless:
		return &Refused{h.Name, "is a device, which takes the rights of the machine's root to make"}
	case u.Layer && kind == unix.S_IFCHR && number == 0:
		return &Refused{h.Name, "is the device 0:0, overlayfs's own mark for a deleted file"}
	}
	return u.node(p, h, func() error { return unix.Mknodat(p.parent, p.base, kind|0o600, int(number)) })
}

// node makes what has no content: it is not opened to be given its attributes, for to open a device does something.
func (u *unpacker) node(p place, h *tar.Header, mknod func() error) error {
	if err := u.create(p, mknod); err != nil {
		return err
	}
	if err := u.nodeAttributes(p, h); err != nil {
		return err
	}
	return named("set the times of", p.name, unix.UtimesNanoAt(p.parent, p.base, timesOf(h), unix.AT_SYMLINK_NOFOLLOW))
}

// create makes a name; if it is taken, by what may be replaced, once more.
func (u *unpacker) create(p place, make func() error) error {
	err := make()
	if !errors.Is(err, unix.EEXIST) {
		return named("make", p.name, err)
	}
	var st unix.Stat_t
	if err := unix.Fstatat(p.parent, p.base, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return named("look at", p.name, err)
	}
	switch {
	case u.Layer && !isWhiteout(&st):
		return &Refused{p.name, "comes twice"}
	case st.Mode&unix.S_IFMT == unix.S_IFDIR:
		return fmt.Errorf("%s is a directory: it can not be replaced by what is none", p.name)
	}
	if err := checkNoMount(p); err != nil {
		return err
	}
	if err := unix.Unlinkat(p.parent, p.base, 0); err != nil {
		return named("replace", p.name, err)
	}
	return named("make", p.name, make())
}

// checkNoMount returns EBUSY where something is mounted, as unlink does, but for a mount of another namespace, which it takes away.
func checkNoMount(p place) error {
	var st unix.Statx_t
	err := unix.Statx(p.parent, p.base, unix.AT_SYMLINK_NOFOLLOW, 0, &st)
	if err == nil && st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0 {
		err = unix.EBUSY
	}
	return named("replace", p.name, err)
}

// whiteout says in overlayfs's words that gone, in the layers below, is deleted.
func (u *unpacker) whiteout(parent int, base, gone string, h *tar.Header) error {
	switch {
	case base == whiteoutOpaque:
		return u.markOpaqueFD(parent)
	case strings.HasPrefix(base, whiteoutMeta):
		return nil
	}
	err := unix.Mknodat(parent, gone, unix.S_IFCHR, 0)
	if err == nil {
		err = unix.UtimesNanoAt(parent, gone, timesOf(h), unix.AT_SYMLINK_NOFOLLOW)
	}
	if !errors.Is(err, unix.EEXIST) {
		return named("mark as deleted", gone, err)
	}
	// The layer has something new of that name. A file hides those below by itself, a directory must be told to.
	var st unix.Stat_t
	if err := unix.Fstatat(parent, gone, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return named("look at", gone, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR {
		return nil
	}
	return u.markOpaque(parent, gone)
}

func isWhiteout(st *unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0 }

// named says what was done to what; nil stays nil.
func named(what, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s %s: %w", what, name, err)
}
