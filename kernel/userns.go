// This file makes what a container needs whose users are not the host's: a user namespace that lives without a process, and its
// files with other owners. man 7 user_namespaces; man 2 mount_setattr, MOUNT_ATTR_IDMAP.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// UserNamespaceCreate makes a user namespace with a network namespace that belongs to it, for only the owner's root may change a
// network, and keeps both by mounts on the files Users and Netns, which must not be there yet.
type UserNamespaceCreate struct {
	Users, Netns string
	UIDs, GIDs   []IDMap
}

func (u UserNamespaceCreate) Do() error {
	err := withMaps(u.UIDs, u.GIDs, unix.CLONE_NEWUSER|unix.CLONE_NEWNET, func(pid int) error {
		return errors.Join(pinNamespace(pid, "user", u.Users), pinNamespace(pid, "net", u.Netns))
	})
	if err != nil {
		return errors.Join(Fail(u, err), u.remove().Do())
	}
	return nil
}

// pinNamespace keeps a namespace of a process by a mount.
func pinNamespace(pid int, kind, file string) error {
	fd, err := unix.Open(file, unix.O_RDONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o444)
	if err != nil {
		return fmt.Errorf("open(%q, O_CREAT|O_EXCL): %w", file, err)
	}
	unix.Close(fd)
	if err := unix.Mount(fmt.Sprintf("/proc/%d/ns/%s", pid, kind), file, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount on %s: %w", file, err)
	}
	return nil
}

func (u UserNamespaceCreate) Call() string {
	return fmt.Sprintf("clone(CLONE_NEWUSER|CLONE_NEWNET)\nwrite(uid_map, %q)\nwrite(gid_map, %q)\n%s\n%s", mapLines(u.UIDs), mapLines(u.GIDs),
		mountCall("/proc/PID/ns/user", u.Users, "", unix.MS_BIND, ""), mountCall("/proc/PID/ns/net", u.Netns, "", unix.MS_BIND, ""))
}

func (u UserNamespaceCreate) Shell() string {
	return Quote("touch", u.Users, u.Netns) + " && " + Quote("unshare", "--user="+u.Users, "--net="+u.Netns,
		"--map-users="+unshareMap(u.UIDs), "--map-groups="+unshareMap(u.GIDs), "true")
}

// unshareMap is how unshare(1) takes a map: outside, inside, how many.
func unshareMap(maps []IDMap) string {
	if len(maps) == 0 {
		return ""
	}
	return fmt.Sprintf("%d,%d,%d", maps[0].Host, maps[0].Container, maps[0].Size)
}

func (u UserNamespaceCreate) remove() UserNamespaceRemove {
	return UserNamespaceRemove{u.Users, u.Netns}
}

func (u UserNamespaceCreate) Undo() explain.Op { return u.remove() }

// UserNamespaceRemove lets go of both namespaces.
type UserNamespaceRemove struct{ Users, Netns string }

func (u UserNamespaceRemove) Do() error {
	return errors.Join(NetnsRemove{u.Netns}.Do(), NetnsRemove{u.Users}.Do())
}

func (u UserNamespaceRemove) Call() string {
	return NetnsRemove{u.Netns}.Call() + "\n" + NetnsRemove{u.Users}.Call()
}

func (u UserNamespaceRemove) Shell() string {
	return NetnsRemove{u.Netns}.Shell() + " && " + NetnsRemove{u.Users}.Shell()
}

// MapMount shows Source at Target with its ids mapped: what belongs to 0 on the disk belongs to the user that is 0 in the
// container, and what that one writes belongs to 0 on the disk.
type MapMount struct {
	Source, Target string
	UIDs, GIDs     []IDMap
}

func (m MapMount) Do() error {
	tree := &MountTree{}
	if err := (MapTree{Source: m.Source, UIDs: m.UIDs, GIDs: m.GIDs, Tree: tree}).Do(); err != nil {
		return err
	}
	defer tree.File.Close()
	return Fail(m, unix.MoveMount(int(tree.File.Fd()), "", unix.AT_FDCWD, m.Target, unix.MOVE_MOUNT_F_EMPTY_PATH))
}

func (m MapMount) Call() string {
	return MapTree{Source: m.Source, UIDs: m.UIDs, GIDs: m.GIDs}.Call() +
		fmt.Sprintf("\nmove_mount(%q, %q, MOVE_MOUNT_F_EMPTY_PATH)", m.Source, m.Target)
}

func (m MapMount) Shell() string {
	var words []string
	for kind, maps := range map[string][]IDMap{"u": m.UIDs, "g": m.GIDs} {
		for _, one := range maps {
			words = append(words, fmt.Sprintf("%s:%d:%d:%d", kind, one.Container, one.Host, one.Size))
		}
	}
	slices.Sort(words)
	return Quote("mount", "--bind", "-o", "X-mount.idmap="+strings.Join(words, " "), m.Source, m.Target)
}

func (m MapMount) Undo() explain.Op { return Unmount{Target: m.Target} }

// ChangeGroup gives a directory to a group of the host, whose members its mode may let pass. man 2 chown.
type ChangeGroup struct {
	Path string
	GID  int
}

func (c ChangeGroup) Do() error { return Fail(c, os.Lchown(c.Path, -1, c.GID)) }

func (c ChangeGroup) Call() string { return fmt.Sprintf("lchown(%q, -1, %d)", c.Path, c.GID) }

func (c ChangeGroup) Shell() string { return Quote("chgrp", "-h", fmt.Sprint(c.GID), c.Path) }
