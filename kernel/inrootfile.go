// This file makes files and directories inside a container's root file system, with the care that inroot.go explains.
package kernel

import (
	"fmt"
	"path"

	"golang.org/x/sys/unix"
)

// EnsureDirIn makes a directory, and those above it, where they are missing inside Root.
type EnsureDirIn struct {
	Root, Path string
	Mode       uint32
}

func (d EnsureDirIn) Do() error { return do(d) }
func (d EnsureDirIn) calls(m *making) error {
	m.dirs(d.Root, d.Path, d.Mode, func(descriptor) {})
	return nil
}

func (d EnsureDirIn) Call() string {
	return fmt.Sprintf("mkdir(%q, %#o)", path.Join(d.Root, d.Path), d.Mode)
}

func (d EnsureDirIn) Shell() string { return Quote("mkdir", "-p", path.Join(d.Root, d.Path)) }

// EnsureFileIn makes an empty file where there is none inside Root: something to mount over.
type EnsureFileIn struct{ Root, Path string }

func (f EnsureFileIn) Do() error { return do(f) }
func (f EnsureFileIn) calls(m *making) error {
	m.ensureFile(f.Root, f.Path)
	return nil
}

func (m *making) ensureFile(root, name string) {
	missing, there := new(mark), new(mark)
	look := find(m.root(root), name, unix.O_PATH, 0)
	look.may, look.or = absent, missing
	m.close(m.opens(look))
	m.jump(there)
	m.here(missing)
	m.inDir(root, name, func(dir descriptor, base string) {
		const fresh = unix.O_CREAT | unix.O_EXCL | unix.O_NOFOLLOW | unix.O_CLOEXEC
		m.close(m.opens(call{number: unix.SYS_OPENAT, args: with{dir, base, fresh, 0o644}}))
	})
	m.here(there)
}

func (f EnsureFileIn) Call() string {
	return fmt.Sprintf("open(%q, O_CREAT|O_EXCL, 0644)", path.Join(f.Root, f.Path))
}

func (f EnsureFileIn) Shell() string { return Quote("touch", path.Join(f.Root, f.Path)) }

// SymlinkIn makes Path inside Root a symbolic link to Target; one that is there already stays.
type SymlinkIn struct{ Root, Target, Path string }

func (s SymlinkIn) Do() error { return do(s) }
func (s SymlinkIn) calls(m *making) error {
	m.inDir(s.Root, s.Path, func(dir descriptor, name string) {
		m.add(call{number: unix.SYS_SYMLINKAT, args: with{s.Target, dir, name}, may: errnos(unix.EEXIST)})
	})
	return nil
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

func (m MknodIn) Do() error { return do(m) }

// calls set the owner by themselves; the mode is cut by the umask, which a plan sets before (SetUmask). The very node that was
// asked for may be there, and nothing else: an image may have brought it.
func (m MknodIn) calls(k *making) error {
	k.inDir(m.Root, m.Path, func(dir descriptor, name string) {
		exists, done := new(mark), new(mark)
		k.add(call{number: unix.SYS_MKNODAT, args: with{dir, name, int(m.Mode), int(unix.Mkdev(m.Major, m.Minor))}, may: errnos(unix.EEXIST), or: exists})
		if m.UID != 0 || m.GID != 0 {
			k.add(call{number: unix.SYS_FCHOWNAT, args: with{dir, name, m.UID, m.GID, unix.AT_SYMLINK_NOFOLLOW}})
		}
		k.jump(done)
		k.here(exists)
		first := len(k.list)
		buffer, kind := stat(unix.S_IFMT, m.Mode&unix.S_IFMT, unix.EEXIST)
		k.add(call{number: sysFstatat, args: with{dir, name, buffer, unix.AT_SYMLINK_NOFOLLOW}, check: kind})
		if m.Mode&unix.S_IFMT != unix.S_IFIFO {
			k.add(isDevice(buffer, m.Major, m.Minor, unix.EEXIST))
		}
		for i := range k.list[first:] {
			k.list[first+i].name = m.Call() + ": there is another file"
		}
		k.here(done)
	})
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
