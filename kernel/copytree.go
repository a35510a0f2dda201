// This file copies directory trees with everything that Linux keeps of a file: owner, mode, times, extended attributes, hard
// links. It goes by descriptors and follows no link, so that nobody can lead it elsewhere meanwhile.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// inode names a file of which several names may exist.
type inode struct{ device, number uint64 }

// treeCopy remembers the files of several names, which are copied once.
type treeCopy struct {
	links map[inode]*os.File // an O_PATH descriptor of the copy
}

// copyDir copies what is in one directory into another.
func copyDir(from, to *os.File) error {
	c := treeCopy{links: map[inode]*os.File{}}
	defer func() {
		for _, f := range c.links {
			f.Close()
		}
	}()
	return c.dir(from, to)
}

func (c treeCopy) dir(from, to *os.File) error {
	entries, err := from.ReadDir(-1)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := c.entry(from, to, e.Name()); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	return nil
}

func (c treeCopy) entry(from, to *os.File, name string) error {
	var st unix.Stat_t
	src, dst := int(from.Fd()), int(to.Fd())
	if err := unix.Fstatat(src, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	isDir := st.Mode&unix.S_IFMT == unix.S_IFDIR
	if first := c.links[inode{st.Dev, st.Ino}]; first != nil && !isDir {
		return unix.Linkat(unix.AT_FDCWD, fdPath(first), dst, name, unix.AT_SYMLINK_FOLLOW)
	}
	if err := c.content(src, dst, name, &st); err != nil {
		return err
	}
	if err := copyNature(src, dst, name, &st); err != nil {
		return err
	}
	if st.Nlink < 2 || isDir {
		return nil
	}
	fd, err := unix.Openat(dst, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err == nil {
		c.links[inode{st.Dev, st.Ino}] = os.NewFile(uintptr(fd), name)
	}
	return err
}

func (c treeCopy) content(src, dst int, name string, st *unix.Stat_t) error {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if err := unix.Mkdirat(dst, name, 0o700); err != nil {
			return err
		}
		return both(src, dst, name, unix.O_RDONLY|unix.O_DIRECTORY, c.dir)
	case unix.S_IFREG:
		if err := unix.Mknodat(dst, name, unix.S_IFREG|0o600, 0); err != nil {
			return err
		}
		return both(src, dst, name, unix.O_WRONLY, func(in, out *os.File) error { _, err := out.ReadFrom(in); return err })
	case unix.S_IFLNK:
		target := make([]byte, unix.PathMax)
		n, err := unix.Readlinkat(src, name, target)
		if err != nil {
			return err
		}
		return unix.Symlinkat(string(target[:n]), dst, name)
	}
	return unix.Mknodat(dst, name, st.Mode, int(st.Rdev))
}

// copyNature copies what is not content. The order matters: chown clears set-user-ID and file capabilities, and writing an
// attribute changes no time that is set afterwards.
func copyNature(src, dst int, name string, st *unix.Stat_t) error {
	if err := unix.Fchownat(dst, name, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT != unix.S_IFLNK {
		if err := unix.Fchmodat(dst, name, st.Mode&0o7777, 0); err != nil {
			return err
		}
	}
	if err := copyAttributes(fmt.Sprintf("/proc/self/fd/%d/%s", src, name), fmt.Sprintf("/proc/self/fd/%d/%s", dst, name)); err != nil {
		return err
	}
	return unix.UtimesNanoAt(dst, name, []unix.Timespec{st.Atim, st.Mtim}, unix.AT_SYMLINK_NOFOLLOW)
}

// copyAttributes copies extended attributes; a file system that keeps none takes the file without them.
func copyAttributes(from, to string) error {
	names := make([]byte, 64<<10) // XATTR_LIST_MAX
	n, err := unix.Llistxattr(from, names)
	if err != nil && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	for name := range strings.SplitSeq(strings.Trim(string(names[:max(n, 0)]), "\x00"), "\x00") {
		if name == "" {
			continue
		}
		value := make([]byte, 64<<10) // XATTR_SIZE_MAX
		size, err := unix.Lgetxattr(from, name, value)
		if err == nil {
			err = unix.Lsetxattr(to, name, value[:size], 0)
		}
		if err != nil && !errors.Is(err, unix.ENOTSUP) {
			return fmt.Errorf("attribute %s: %w", name, err)
		}
	}
	return nil
}

// both opens name in two directories and lets do copy from the one to the other.
func both(src, dst int, name string, flags int, do func(in, out *os.File) error) error {
	in, err := unix.Openat(src, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	from := os.NewFile(uintptr(in), name)
	defer from.Close()
	out, err := unix.Openat(dst, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	to := os.NewFile(uintptr(out), name)
	defer to.Close()
	return do(from, to)
}

func fdPath(f *os.File) string { return fmt.Sprintf("/proc/self/fd/%d", f.Fd()) }
