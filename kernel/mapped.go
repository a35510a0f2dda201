// This file makes id-mapped mounts: a file of user 1000 on disk looks like user 0's through the mount, and the reverse. The
// mapping is that of a user namespace, whatever lives there. man 2 mount_setattr, MOUNT_ATTR_IDMAP.
package kernel

import (
	"fmt"
	"os"
	"path"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// MountTree is a mount that is not attached anywhere yet.
type MountTree struct{ File *os.File }

// MapTree makes a detached copy of the mount at Source and maps its ids. It needs the rights of the file system's owner, so
// it is done on the host, and the copy is attached inside by PlaceTreeIn.
type MapTree struct {
	Source    string
	Recursive bool // with the mounts below it
	MapAll    bool // and these are mapped, too
	UIDs      []IDMap
	GIDs      []IDMap
	Tree      *MountTree
}

func (m MapTree) Do() error {
	users, err := namespaceOfMaps(m.UIDs, m.GIDs)
	if err != nil {
		return Fail(m, err)
	}
	defer users.Close()
	fd, err := unix.OpenTree(unix.AT_FDCWD, m.Source, uint(unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|flagIf(m.Recursive)))
	if err != nil {
		return Fail(m, err)
	}
	attr := &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_IDMAP, Userns_fd: uint64(users.Fd())}
	if err := unix.MountSetattr(fd, "", uint(unix.AT_EMPTY_PATH|flagIf(m.MapAll)), attr); err != nil {
		unix.Close(fd)
		return Fail(m, fmt.Errorf("mount_setattr(MOUNT_ATTR_IDMAP): %w: not every file system takes a mapping: ext4, xfs and btrfs do, tmpfs from Linux 6.3", err))
	}
	m.Tree.File = os.NewFile(uintptr(fd), m.Source)
	return nil
}

func flagIf(recursive bool) int {
	if recursive {
		return unix.AT_RECURSIVE
	}
	return 0
}

// namespaceOfMaps makes one with these maps and keeps it by a descriptor alone.
func namespaceOfMaps(uids, gids []IDMap) (file *os.File, err error) {
	err = withMaps(uids, gids, unix.CLONE_NEWUSER, func(pid int) error {
		file, err = os.Open(fmt.Sprintf("/proc/%d/ns/user", pid))
		return err
	})
	return file, err
}

// withMaps makes namespaces, a user namespace with these maps among them, for as long as use takes. The process that they are made
// with never runs: it asks to be traced, and so stops at its first instruction.
func withMaps(uids, gids []IDMap, flags uintptr, use func(pid int) error) error {
	runtime.LockOSThread() // who traces is a thread
	defer runtime.UnlockOSThread()
	attr := &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Cloneflags: flags, UidMappings: procMaps(uids),
		GidMappings: procMaps(gids), GidMappingsEnableSetgroups: true, Ptrace: true}}
	pid, err := syscall.ForkExec("/proc/self/exe", []string{"maps"}, attr)
	if err != nil {
		return fmt.Errorf("make a user namespace with these maps: %w", err)
	}
	err = use(pid)
	if killed := (KillChild{Child: &Child{PID: pid}}).Do(); err == nil {
		err = killed
	}
	return err
}

func (m MapTree) Call() string {
	all := ""
	if m.MapAll {
		all = "|AT_RECURSIVE"
	}
	return fmt.Sprintf("open_tree(AT_FDCWD, %q, OPEN_TREE_CLONE)\nmount_setattr(\"\", AT_EMPTY_PATH%s, {attr_set=MOUNT_ATTR_IDMAP, userns_fd={%q, %q}})",
		m.Source, all, mapLines(m.UIDs), mapLines(m.GIDs))
}

// Shell makes the mount at once; only a shell that is in both places could do it in two.
func (m MapTree) Shell() string { return "" }

// HoldTree makes a detached copy of the mount at Source, and of those below it. man 2 open_tree.
type HoldTree struct {
	Source string
	Tree   *MountTree
}

func (h HoldTree) Do() error {
	fd, err := unix.OpenTree(unix.AT_FDCWD, h.Source, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return Fail(h, err)
	}
	h.Tree.File = os.NewFile(uintptr(fd), h.Source)
	return nil
}

func (h HoldTree) Call() string {
	return fmt.Sprintf("open_tree(AT_FDCWD, %q, OPEN_TREE_CLONE|AT_RECURSIVE)", h.Source)
}

// Shell has no word for a mount that is nowhere.
func (h HoldTree) Shell() string { return "" }

// PlaceTreeIn attaches a detached mount at Target inside Root. man 2 move_mount.
type PlaceTreeIn struct {
	Root, Target string
	Source       string // where it comes from; to be told
	Number       int    // of the tree, among those that the runtime has made
	First        int    // descriptor of the first of them
	Mapped       bool   // its ids are; to be told
}

func (p PlaceTreeIn) Do() error { return do(p) }
func (p PlaceTreeIn) calls(m *making) error {
	m.at(p.Root, p.Target, 0, false, func(target descriptor, _ any) { m.add(moveMount(p.First+p.Number, target)) })
	return nil
}

func (p PlaceTreeIn) Call() string {
	return fmt.Sprintf("move_mount(%q, %q, MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH)", p.Source, path.Join(p.Root, p.Target))
}

// Shell has no words for what HoldTree holds.
func (p PlaceTreeIn) Shell() string {
	if !p.Mapped {
		return ""
	}
	return Quote("mount", "--bind", "-o", "X-mount.idmap=…", p.Source, path.Join(p.Root, p.Target))
}
