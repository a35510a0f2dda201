// This file gives files what belongs to them besides their content. The order matters: to change the owner takes set-user-ID
// bits and capabilities away, so mode and extended attributes come after it.
package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

const (
	xattrRecord   = "SCHILY.xattr." // how extended attributes are kept in pax headers
	trustedMarks  = "trusted.overlay."
	userMarks     = "user.overlay."
	opaqueMark    = "opaque"
	hostLabel     = "security.selinux" // the host's own policy, not the image's
	maxID         = 1<<32 - 2          // the next one means "leave as it is"
	permissionSet = 0o7777
)

// attributes dresses what is open as fd.
func (u *unpacker) attributes(fd int, h *tar.Header) error {
	owner, err := u.owner(h)
	if err != nil {
		return err
	}
	if err := unix.Fchown(fd, owner.UID, owner.GID); err != nil {
		return named("change the owner of", h.Name, err)
	}
	if err := unix.Fchmod(fd, uint32(h.Mode)&permissionSet); err != nil {
		return named("change the mode of", h.Name, err)
	}
	return eachAttribute(h, func(name, value string) error { return unix.Fsetxattr(fd, name, []byte(value), 0) })
}

// nodeAttributes dresses what is not opened. The descriptor is good for its name only (O_PATH): the node is that which was made,
// whoever may rename things meanwhile.
func (u *unpacker) nodeAttributes(p place, h *tar.Header) error {
	owner, err := u.owner(h)
	if err != nil {
		return err
	}
	fd, err := unix.Openat(p.parent, p.base, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return named("open", p.name, err)
	}
	defer unix.Close(fd)
	if err := unix.Fchownat(fd, "", owner.UID, owner.GID, unix.AT_EMPTY_PATH); err != nil {
		return named("change the owner of", p.name, err)
	}
	self := fmt.Sprintf("/proc/self/fd/%d", fd)
	if h.Typeflag == tar.TypeSymlink { // which has no mode of its own
		link := fmt.Sprintf("/proc/self/fd/%d/%s", p.parent, p.base)
		return eachAttribute(h, func(name, value string) error { return unix.Lsetxattr(link, name, []byte(value), 0) })
	}
	if err := unix.Chmod(self, uint32(h.Mode)&permissionSet); err != nil {
		return named("change the mode of", p.name, err)
	}
	return eachAttribute(h, func(name, value string) error { return unix.Setxattr(self, name, []byte(value), 0) })
}

func (u *unpacker) owner(h *tar.Header) (Owner, error) {
	if u.Owner != nil {
		return *u.Owner, nil
	}
	if h.Uid < 0 || h.Uid > maxID || h.Gid < 0 || h.Gid > maxID {
		return Owner{}, &Refused{h.Name, fmt.Sprintf("belongs to %d:%d, which is no user and group", h.Uid, h.Gid)}
	}
	return Owner{h.Uid, h.Gid}, nil
}

// eachAttribute goes through the extended attributes of an entry. Those of overlayfs are left out: they would tell the mount what
// to hide, or where else to look, and belong to the machine on which the layer was made.
func eachAttribute(h *tar.Header, set func(name, value string) error) error {
	for record, value := range h.PAXRecords {
		name, ok := strings.CutPrefix(record, xattrRecord)
		if !ok || !travels(name) {
			continue
		}
		if err := set(name, value); err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
			return fmt.Errorf("set the attribute %s of %s: %w", name, h.Name, err)
		}
	}
	return nil
}

// travels tells whether an extended attribute is part of a layer.
func travels(name string) bool {
	return !strings.HasPrefix(name, trustedMarks) && !strings.HasPrefix(name, userMarks) && name != hostLabel
}

// marks is where overlayfs keeps its attributes: a mount without the rights of root has the option userxattr.
func (u *unpacker) marks() string {
	if u.Rootless {
		return userMarks
	}
	return trustedMarks
}

func (u *unpacker) markOpaque(parent int, base string) error {
	fd, err := unix.Openat(parent, base, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return named("open", base, err)
	}
	defer unix.Close(fd)
	return u.markOpaqueFD(fd)
}

func (u *unpacker) markOpaqueFD(dir int) error {
	if err := unix.Fsetxattr(dir, u.marks()+opaqueMark, []byte("y"), 0); err != nil {
		return fmt.Errorf("mark a directory as opaque: %w", err)
	}
	return nil
}

// timesOf are those of access and change; an archive seldom has the first.
func timesOf(h *tar.Header) []unix.Timespec {
	changed := timespec(h.ModTime)
	if h.AccessTime.IsZero() {
		return []unix.Timespec{changed, changed}
	}
	return []unix.Timespec{timespec(h.AccessTime), changed}
}

func timespec(t time.Time) unix.Timespec {
	return unix.Timespec{Sec: t.Unix(), Nsec: int64(t.Nanosecond())}
}
