// This file writes headers such that the same file gives the same bytes: no access times, no names of users, whole seconds.
package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// header describes a file. An entry with extended attributes is written in the pax format, others in the oldest that fits.
func (p *packer) header(name string, st *unix.Stat_t, attributes map[string]string) *tar.Header {
	h := &tar.Header{
		Name: name, Mode: int64(st.Mode & permissionSet), Uid: int(st.Uid), Gid: int(st.Gid),
		ModTime: p.clamped(time.Unix(st.Mtim.Sec, 0)), // with fractions of a second every entry would need a pax header
	}
	if p.Owner != nil {
		h.Uid, h.Gid = p.Owner.UID, p.Owner.GID
	}
	for attribute, value := range attributes {
		if travels(attribute) {
			if h.PAXRecords == nil {
				h.PAXRecords = map[string]string{}
			}
			h.PAXRecords[xattrRecord+attribute] = value
		}
	}
	return h
}

// clamped makes no time later than the one that all agree on: reproducible-builds.org, SOURCE_DATE_EPOCH.
func (p *packer) clamped(t time.Time) time.Time {
	if !p.Latest.IsZero() && t.After(p.Latest) {
		return p.Latest
	}
	return t
}

// typeOf sets what kind of file a header is of; size and target come later. false: an archive can not hold it (a socket).
func typeOf(h *tar.Header, st *unix.Stat_t) bool {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		h.Typeflag, h.Size = tar.TypeReg, st.Size
	case unix.S_IFDIR:
		h.Typeflag = tar.TypeDir
		h.Name += "/"
	case unix.S_IFLNK:
		h.Typeflag = tar.TypeSymlink
	case unix.S_IFIFO:
		h.Typeflag = tar.TypeFifo
	case unix.S_IFCHR, unix.S_IFBLK:
		h.Typeflag = tar.TypeChar
		if st.Mode&unix.S_IFMT == unix.S_IFBLK {
			h.Typeflag = tar.TypeBlock
		}
		h.Devmajor, h.Devminor = int64(unix.Major(st.Rdev)), int64(unix.Minor(st.Rdev))
	default:
		return false
	}
	return true
}

// readAttributes reads all extended attributes of a file; a symbolic link at the end of path is not followed, unless path is
// fdPath's. File systems without attributes have none.
func readAttributes(path string) (map[string]string, error) {
	list := unix.Llistxattr
	get := unix.Lgetxattr
	if strings.HasPrefix(path, selfFD) && !strings.Contains(path[len(selfFD):], "/") {
		list, get = unix.Listxattr, unix.Getxattr
	}
	names := make([]byte, 64<<10) // XATTR_LIST_MAX
	n, err := list(path, names)
	if errors.Is(err, unix.EOPNOTSUPP) || n == 0 && err == nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list the attributes: %w", err)
	}
	found := map[string]string{}
	value := make([]byte, 64<<10) // XATTR_SIZE_MAX
	for name := range strings.SplitSeq(strings.TrimSuffix(string(names[:n]), "\x00"), "\x00") {
		n, err := get(path, name, value)
		if err != nil {
			return nil, fmt.Errorf("read the attribute %s: %w", name, err)
		}
		found[name] = string(value[:n])
	}
	return found, nil
}

const selfFD = "/proc/self/fd/"

func fdPath(fd int) string { return fmt.Sprint(selfFD, fd) }

func atPath(dir int, base string) string { return fmt.Sprint(selfFD, dir, "/", base) }
