// This file changes the attributes of mounts with mount_setattr, which remount can not do for a whole tree at once.
package kernel

import (
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// SetAttributesIn sets and clears attributes of the mount at Target inside Root and of all below it. man 2 mount_setattr.
type SetAttributesIn struct {
	Root, Target string
	Set, Clear   uint64 // MOUNT_ATTR_*
}

func (s SetAttributesIn) Do() error { return do(s) }
func (s SetAttributesIn) calls(m *making) error {
	set := setAttributes(unix.AT_FDCWD, "", unix.AT_EMPTY_PATH|unix.AT_RECURSIVE, unix.MountAttr{Attr_set: s.Set, Attr_clr: s.Clear})
	set.name = ""
	m.at(s.Root, s.Target, 0, false, func(target descriptor, _ any) {
		set.args[0] = target
		m.add(set)
	})
	return nil
}

func (s SetAttributesIn) Call() string {
	return fmt.Sprintf("mount_setattr(%q, AT_RECURSIVE, {attr_set=%s, attr_clr=%s})", path.Join(s.Root, s.Target),
		flagString(uintptr(s.Set), attributeFlags), flagString(uintptr(s.Clear), attributeFlags))
}

// Shell names what is set; mount(8) takes back by opposite words.
func (s SetAttributesIn) Shell() string {
	var words []string
	for _, a := range attributeFlags {
		word := strings.ToLower(strings.TrimPrefix(a.name, "MOUNT_ATTR_"))
		if word == "rdonly" {
			word = "ro"
		}
		if uintptr(s.Set)&a.bit != 0 {
			words = append(words, word+"=recursive")
		}
	}
	options := "remount,bind"
	if len(words) > 0 {
		options += "," + strings.Join(words, ",")
	}
	return Quote("mount", "-o", options, path.Join(s.Root, s.Target))
}

// attributeFlags: the times of access are one field, so they come last and its mask is a name of its own.
var attributeFlags = []flagName{
	{unix.MOUNT_ATTR_RDONLY, "MOUNT_ATTR_RDONLY"}, {unix.MOUNT_ATTR_NOSUID, "MOUNT_ATTR_NOSUID"},
	{unix.MOUNT_ATTR_NODEV, "MOUNT_ATTR_NODEV"}, {unix.MOUNT_ATTR_NOEXEC, "MOUNT_ATTR_NOEXEC"},
	{unix.MOUNT_ATTR_NODIRATIME, "MOUNT_ATTR_NODIRATIME"}, {unix.MOUNT_ATTR_NOSYMFOLLOW, "MOUNT_ATTR_NOSYMFOLLOW"},
	{unix.MOUNT_ATTR__ATIME, "MOUNT_ATTR__ATIME"}, {unix.MOUNT_ATTR_NOATIME, "MOUNT_ATTR_NOATIME"},
	{unix.MOUNT_ATTR_STRICTATIME, "MOUNT_ATTR_STRICTATIME"},
}
