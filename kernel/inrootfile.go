// This file makes files and directories inside a container's root file system, with the care that inroot.go explains.
package kernel

import (
	"errors"
	"fmt"
	"path"

	"golang.org/x/sys/unix"
)

// EnsureDirIn makes a directory, and those above it, where they are missing inside Root.
type EnsureDirIn struct {
	Root, Path string
	Mode       uint32
}

func (d EnsureDirIn) Do() error {
	fd, err := makeDirs(d.Root, d.Path, d.Mode)
	if err != nil {
		return Fail(d, err)
	}
	return Fail(d, unix.Close(fd))
}

func (d EnsureDirIn) Call() string {
	return fmt.Sprintf("mkdir(%q, %#o)", path.Join(d.Root, d.Path), d.Mode)
}

func (d EnsureDirIn) Shell() string { return Quote("mkdir", "-p", path.Join(d.Root, d.Path)) }

// EnsureFileIn makes an empty file where there is none inside Root: something to mount over.
type EnsureFileIn struct{ Root, Path string }

func (f EnsureFileIn) Do() error {
	if fd, err := OpenIn(f.Root, f.Path, unix.O_PATH); err == nil {
		return Fail(f, unix.Close(fd))
	}
	dir, err := makeDirs(f.Root, path.Dir(f.Path), 0o755)
	if err != nil {
		return Fail(f, err)
	}
	defer unix.Close(dir)
	fd, err := unix.Openat(dir, path.Base(f.Path), unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return Fail(f, err)
	}
	return Fail(f, unix.Close(fd))
}

func (f EnsureFileIn) Call() string {
	return fmt.Sprintf("open(%q, O_CREAT|O_EXCL, 0644)", path.Join(f.Root, f.Path))
}

func (f EnsureFileIn) Shell() string { return Quote("touch", path.Join(f.Root, f.Path)) }

// SymlinkIn makes Path inside Root a symbolic link to Target; one that is there already stays.
type SymlinkIn struct{ Root, Target, Path string }

func (s SymlinkIn) Do() error {
	return Fail(s, inDir(s.Root, s.Path, func(dir int, name string) error {
		err := unix.Symlinkat(s.Target, dir, name)
		if errors.Is(err, unix.EEXIST) {
			return nil
		}
		return err
	}))
}

func (s SymlinkIn) Call() string {
	return fmt.Sprintf("symlink(%q, %q)", s.Target, path.Join(s.Root, s.Path))
}

func (s SymlinkIn) Shell() string { return Quote("ln", "-s", s.Target, path.Join(s.Root, s.Path)) }

// MknodIn makes a device node or FIFO inside Root. man 2 mknod.
type MknodIn struct {
	Root, Path   string
	Mode         uint32 // S_IFCHR, S_IFBLK or S_IFIFO with the permissions
	Major, Minor uint32
	UID, GID     int
}

// Do sets the owner by itself; the mode is cut by the umask, which a plan sets before (SetUmask).
func (m MknodIn) Do() error {
	return Fail(m, inDir(m.Root, m.Path, func(dir int, name string) error {
		err := unix.Mknodat(dir, name, m.Mode, int(unix.Mkdev(m.Major, m.Minor)))
		if errors.Is(err, unix.EEXIST) {
			return m.isThere(dir, name)
		}
		if err != nil {
			return err
		}
		if m.UID != 0 || m.GID != 0 {
			if err := unix.Fchownat(dir, name, m.UID, m.GID, unix.AT_SYMLINK_NOFOLLOW); err != nil {
				return err
			}
		}
		return nil
	}))
}

// isThere accepts the very node that was asked for, and nothing else: an image may have brought it.
func (m MknodIn) isThere(dir int, name string) error {
	var st unix.Stat_t
	if err := unix.Fstatat(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	kind, number := uint32(unix.S_IFMT), unix.Mkdev(m.Major, m.Minor)
	if st.Mode&kind != m.Mode&kind || m.Mode&kind != unix.S_IFIFO && st.Rdev != number {
		return fmt.Errorf("%w, and is another file", unix.EEXIST)
	}
	return nil
}

func (m MknodIn) Call() string {
	return fmt.Sprintf("mknod(%q, %s|%#o, makedev(%#x, %#x))",
		path.Join(m.Root, m.Path), nodeKind(m.Mode), m.Mode&^unix.S_IFMT, m.Major, m.Minor)
}

func (m MknodIn) Shell() string {
	name := path.Join(m.Root, m.Path)
	if m.Mode&unix.S_IFMT == unix.S_IFIFO {
		return Quote("mkfifo", "-m", fmt.Sprintf("%#o", m.Mode&^unix.S_IFMT), name)
	}
	kind := map[uint32]string{unix.S_IFBLK: "b", unix.S_IFCHR: "c"}[m.Mode&unix.S_IFMT]
	return Quote("mknod", "-m", fmt.Sprintf("%#o", m.Mode&^unix.S_IFMT), name, kind, fmt.Sprint(m.Major), fmt.Sprint(m.Minor))
}

func nodeKind(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFBLK:
		return "S_IFBLK"
	case unix.S_IFIFO:
		return "S_IFIFO"
	}
	return "S_IFCHR"
}

// inDir opens the directory of name inside root, makes it if it is missing, and calls do with it and the last component.
func inDir(root, name string, do func(dir int, name string) error) error {
	dir, err := makeDirs(root, path.Dir(name), 0o755)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	return do(dir, path.Base(name))
}

// makeDirs opens the directory name inside root and makes what is missing of it. Each step starts again from root, so that
// links on the way are followed inside root, and a component made meanwhile by somebody else is taken as it is.
func makeDirs(root, name string, mode uint32) (int, error) {
	name = path.Clean("/" + name)
	fd, err := OpenIn(root, name, unix.O_PATH|unix.O_DIRECTORY)
	if !errors.Is(err, unix.ENOENT) || name == "/" {
		return fd, err
	}
	above, err := makeDirs(root, path.Dir(name), mode)
	if err != nil {
		return -1, err
	}
	defer unix.Close(above)
	if err := unix.Mkdirat(above, path.Base(name), mode); err != nil && err != unix.EEXIST {
		return -1, fmt.Errorf("%s: %w", name, err)
	}
	return OpenIn(root, name, unix.O_PATH|unix.O_DIRECTORY)
}
