// This file binds into a container's root with other flags than the source has. In the old way that takes two calls of mount(2),
// the second for the flags, and between them the target could become something else. With a mount that is not attached yet
// there is no such moment. man 2 open_tree, man 2 mount_setattr, man 2 move_mount.
package kernel

import (
	"fmt"
	"path"

	"golang.org/x/sys/unix"
)

// BindFlagsIn is BindIn and RemountIn in one.
type BindFlagsIn struct {
	Root, Source, Target string
	Recursive            bool
	Flags                uintptr // MS_RDONLY, MS_NOSUID, … of the mount at Target alone
}

func (b BindFlagsIn) Do() error { return do(b) }
func (b BindFlagsIn) calls(m *making) error {
	m.at(b.Root, b.Target, 0, false, func(target descriptor, _ any) { m.attachCopy(b.Source, target, b.Recursive, b.Flags) })
	return nil
}

// attachCopy mounts a copy of what is at source over target. In a user namespace the flags that the host has set are locked, and may
// not be cleared (EPERM): they are kept.
func (m *making) attachCopy(source string, target descriptor, recursive bool, flags uintptr) {
	attr, locked, done := attributesOf(flags), new(mark), new(mark)
	tree := m.opens(call{number: unix.SYS_OPEN_TREE, args: with{unix.AT_FDCWD, source, unix.OPEN_TREE_CLONE | unix.OPEN_TREE_CLOEXEC | flagIf(recursive)}})
	first := setAttributes(tree, "", unix.AT_EMPTY_PATH, attr)
	first.may, first.or = errnos(unix.EPERM), locked
	m.add(first)
	m.jump(done)
	m.here(locked)
	m.add(setAttributes(tree, "", unix.AT_EMPTY_PATH, setOnly(attr)))
	m.here(done)
	m.add(moveMount(tree, target))
	m.close(tree)
}

// setAttributes is mount_setattr(2).
func setAttributes(dir, path any, flags int, attr unix.MountAttr) call {
	what := words{uintptr(attr.Attr_set), uintptr(attr.Attr_clr), 0, 0}
	return call{number: unix.SYS_MOUNT_SETATTR, args: with{dir, path, flags, what, 32}, name: "mount_setattr"}
}

// setOnly clears nothing but the times of access, which are one field.
func setOnly(attr unix.MountAttr) unix.MountAttr {
	attr.Attr_clr &= unix.MOUNT_ATTR__ATIME
	return attr
}

// moveMount attaches a mount that is nowhere yet.
func moveMount(tree any, target descriptor) call {
	return call{number: unix.SYS_MOVE_MOUNT, name: "move_mount",
		args: with{tree, "", target, "", unix.MOVE_MOUNT_F_EMPTY_PATH | unix.MOVE_MOUNT_T_EMPTY_PATH}}
}

// attributesOf puts the flags in the words of mount_setattr. As with a remount, those that are not named are cleared; the times
// of access stay as they are, unless they are named.
func attributesOf(flags uintptr) unix.MountAttr {
	attr := unix.MountAttr{}
	for _, f := range []struct {
		flag uintptr
		attr uint64
	}{
		{unix.MS_RDONLY, unix.MOUNT_ATTR_RDONLY}, {unix.MS_NOSUID, unix.MOUNT_ATTR_NOSUID}, {unix.MS_NODEV, unix.MOUNT_ATTR_NODEV},
		{unix.MS_NOEXEC, unix.MOUNT_ATTR_NOEXEC}, {unix.MS_NODIRATIME, unix.MOUNT_ATTR_NODIRATIME},
		{unix.MS_NOSYMFOLLOW, unix.MOUNT_ATTR_NOSYMFOLLOW},
	} {
		if flags&f.flag != 0 {
			attr.Attr_set |= f.attr
		} else {
			attr.Attr_clr |= f.attr
		}
	}
	switch {
	case flags&unix.MS_NOATIME != 0:
		attr.Attr_set |= unix.MOUNT_ATTR_NOATIME
	case flags&unix.MS_STRICTATIME != 0:
		attr.Attr_set |= unix.MOUNT_ATTR_STRICTATIME
	case flags&unix.MS_RELATIME == 0:
		return attr
	}
	attr.Attr_clr |= unix.MOUNT_ATTR__ATIME
	return attr
}

func (b BindFlagsIn) as() (BindIn, RemountIn) {
	return BindIn{Root: b.Root, Source: b.Source, Target: b.Target, Recursive: b.Recursive},
		RemountIn{Root: b.Root, Target: b.Target, Flags: b.Flags}
}

func (b BindFlagsIn) Call() string {
	return copyCalls(b.Source, path.Join(b.Root, b.Target), b.Recursive, b.Flags)
}

func copyCalls(source, target string, recursive bool, flags uintptr) string {
	attr, how := attributesOf(flags), "OPEN_TREE_CLONE"
	if recursive {
		how += "|AT_RECURSIVE"
	}
	return fmt.Sprintf("open_tree(AT_FDCWD, %q, %s)\nmount_setattr(\"\", AT_EMPTY_PATH, {attr_set=%s, attr_clr=%s})\nmove_mount(%q, %q, MOVE_MOUNT_F_EMPTY_PATH|MOVE_MOUNT_T_EMPTY_PATH)",
		source, how, flagString(uintptr(attr.Attr_set), attributeFlags), flagString(uintptr(attr.Attr_clr), attributeFlags), source, target)
}

// Shell is the old way: mount(8) does the same for a reader.
func (b BindFlagsIn) Shell() string {
	bind, remount := b.as()
	return bind.Shell() + "\n" + remount.Shell()
}
