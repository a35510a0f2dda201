// This file swaps the root directory.
package kernel

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// Chdir changes the working directory; "" is not a path. man 2 chdir.
type Chdir struct{ Path string }

func (c Chdir) Do() error { return do(c) }
func (c Chdir) calls(m *making) error {
	m.add(call{number: unix.SYS_CHDIR, args: with{c.Path}})
	return nil
}
func (c Chdir) Call() string  { return fmt.Sprintf("chdir(%q)", c.Path) }
func (c Chdir) Shell() string { return Quote("cd", c.Path) }

// Enter is Chdir for a path of somebody else's choice. It fails where the directory turns out not to lie below the root: by
// /proc/self/fd a path may lead to a descriptor that has leaked (CVE-2024-21626). man 2 getcwd, "(unreachable)".
type Enter struct{ Path string }

func (e Enter) Do() error { return do(e) }

func (e Enter) calls(m *making) error {
	path := room(unix.PathMax)
	rooted := &check{path, 0, 0xff, '/', unix.ENOENT}
	m.add(
		call{number: unix.SYS_CHDIR, args: with{e.Path}},
		call{number: unix.SYS_GETCWD, args: with{path, unix.PathMax}, check: rooted, name: e.Call() + ": this directory is not the container's"},
	)
	return nil
}

func (e Enter) Call() string  { return Chdir(e).Call() }
func (e Enter) Shell() string { return Chdir(e).Shell() }

// PivotRoot makes the working directory the root of the mount namespace and stacks the old root on top of it, at the same
// place: pivot_root(".", "."). Unmounting "." then removes the old root. That needs no directory to put the old root in, so it
// works on a read-only root. man 2 pivot_root, NOTES. LESSON: pivot-root
type PivotRoot struct{}

func (p PivotRoot) Do() error { return do(p) }
func (p PivotRoot) calls(m *making) error {
	m.add(call{number: unix.SYS_PIVOT_ROOT, args: with{".", "."}})
	return nil
}
func (p PivotRoot) Call() string  { return `pivot_root(".", ".")` }
func (p PivotRoot) Shell() string { return "pivot_root . ." }

// MoveRoot is for roots that pivot_root refuses, such as an initramfs (--no-pivot): the working directory's mount is moved
// over "/", and chroot(2) makes it the root. The old root stays mounted underneath, which is why nobody should want this.
type MoveRoot struct{}

func (m MoveRoot) Do() error { return do(m) }
func (m MoveRoot) calls(k *making) error {
	k.add(mount(".", "/", "", unix.MS_MOVE, ""), call{number: unix.SYS_CHROOT, args: with{"."}})
	return nil
}
func (m MoveRoot) Call() string  { return "mount(\".\", \"/\", NULL, MS_MOVE, NULL)\nchroot(\".\")" }
func (m MoveRoot) Shell() string { return "mount --move . / && chroot ." }
