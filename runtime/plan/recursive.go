// This file reads the mount options that hold for a whole tree of mounts: rro, rnosuid … OCI config, "Linux mount options".
package plan

import (
	"slices"

	"golang.org/x/sys/unix"
)

// attributes are what mount_setattr is to set and to clear.
type attributes struct{ set, clear uint64 }

type recursiveOption struct {
	name  string
	clear bool
	attr  uint64
}

// recursiveOptions: the times of access are one field with three values, of which relatime is 0.
var recursiveOptions = []recursiveOption{
	{"ratime", true, unix.MOUNT_ATTR_NOATIME}, {"rdev", true, unix.MOUNT_ATTR_NODEV},
	{"rdiratime", true, unix.MOUNT_ATTR_NODIRATIME}, {"rexec", true, unix.MOUNT_ATTR_NOEXEC},
	{"rnoatime", false, unix.MOUNT_ATTR_NOATIME}, {"rnodev", false, unix.MOUNT_ATTR_NODEV},
	{"rnodiratime", false, unix.MOUNT_ATTR_NODIRATIME}, {"rnoexec", false, unix.MOUNT_ATTR_NOEXEC},
	{"rnorelatime", true, unix.MOUNT_ATTR_RELATIME}, {"rnostrictatime", true, unix.MOUNT_ATTR_STRICTATIME},
	{"rnosuid", false, unix.MOUNT_ATTR_NOSUID}, {"rnosymfollow", false, unix.MOUNT_ATTR_NOSYMFOLLOW},
	{"rrelatime", false, unix.MOUNT_ATTR_RELATIME}, {"rro", false, unix.MOUNT_ATTR_RDONLY},
	{"rrw", true, unix.MOUNT_ATTR_RDONLY}, {"rstrictatime", false, unix.MOUNT_ATTR_STRICTATIME},
	{"rsuid", true, unix.MOUNT_ATTR_NOSUID}, {"rsymfollow", true, unix.MOUNT_ATTR_NOSYMFOLLOW},
}

// read takes the word in; false if it is none of these. A later word wins over an earlier one. To change the times of access
// at all, their whole field has to be cleared.
func (a *attributes) read(word string) bool {
	i := slices.IndexFunc(recursiveOptions, func(o recursiveOption) bool { return o.name == word })
	if i < 0 {
		return false
	}
	o := recursiveOptions[i]
	if o.attr&unix.MOUNT_ATTR__ATIME == o.attr {
		a.set &^= unix.MOUNT_ATTR__ATIME
		a.clear |= unix.MOUNT_ATTR__ATIME
	}
	if o.clear {
		a.set, a.clear = a.set&^o.attr, a.clear|o.attr
	} else {
		a.set |= o.attr
	}
	return true
}
