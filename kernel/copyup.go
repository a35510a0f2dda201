// This file fills a tmpfs with what it covers (the mount option tmpcopyup).
package kernel

import (
	"fmt"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// CopyUpIn mounts a tmpfs at Target inside Root, and copies there what was at Target before.
type CopyUpIn struct {
	Root, Target string
	Flags        uintptr
	Data         string
}

// Do holds what is covered by a descriptor: the mount hides it from every path.
func (c CopyUpIn) Do() error {
	covered, err := openIn(c.Root, c.Target, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return Fail(c, err)
	}
	from := os.NewFile(uintptr(covered), c.Target)
	defer from.Close()
	if err := c.mount().Do(); err != nil {
		return err
	}
	fresh, err := openIn(c.Root, c.Target, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return Fail(c, err)
	}
	to := os.NewFile(uintptr(fresh), c.Target)
	defer to.Close()
	if err := copyDir(from, to); err != nil {
		return Fail(c, fmt.Errorf("copy what it covers: %w", err))
	}
	return nil
}

func (c CopyUpIn) mount() MountIn {
	return MountIn{Root: c.Root, Source: "tmpfs", Target: c.Target, FSType: "tmpfs", Flags: c.Flags, Data: c.Data}
}

// copyDir copies the entries of one directory into another, by descriptors alone.
func copyDir(from, to *os.File) error {
	entries, err := from.ReadDir(-1)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := copyEntry(from, to, e.Name()); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	return nil
}

func copyEntry(from, to *os.File, name string) error {
	var st unix.Stat_t
	src, dst := int(from.Fd()), int(to.Fd())
	if err := unix.Fstatat(src, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	var err error
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFDIR:
		if err = unix.Mkdirat(dst, name, 0o700); err == nil {
			err = both(src, dst, name, unix.O_RDONLY|unix.O_DIRECTORY, copyDir)
		}
	case unix.S_IFREG:
		if err = unix.Mknodat(dst, name, unix.S_IFREG|0o600, 0); err == nil {
			err = both(src, dst, name, unix.O_WRONLY, func(in, out *os.File) error { _, err := out.ReadFrom(in); return err })
		}
	case unix.S_IFLNK:
		target := make([]byte, unix.PathMax)
		var n int
		if n, err = unix.Readlinkat(src, name, target); err == nil {
			err = unix.Symlinkat(string(target[:n]), dst, name)
		}
	default:
		err = unix.Mknodat(dst, name, st.Mode, int(st.Rdev))
	}
	if err != nil {
		return err
	}
	if err := unix.Fchownat(dst, name, int(st.Uid), int(st.Gid), unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if st.Mode&unix.S_IFMT == unix.S_IFLNK {
		return nil
	}
	return unix.Fchmodat(dst, name, st.Mode&0o7777, 0) // after chown, which clears set-user-ID
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

func (c CopyUpIn) Call() string {
	return c.mount().Call() + fmt.Sprintf("\nthe files of %q are copied", path.Join(c.Root, c.Target))
}

func (c CopyUpIn) Shell() string {
	target := quote(path.Join(c.Root, c.Target))
	return "copy=$(mktemp -d) && cp -a " + target + "/. \"$copy\" && " + c.mount().Shell() + " && cp -a \"$copy\"/. " + target + " && rm -r \"$copy\""
}
