// This file finds the directory in which an entry lies, and makes it where the archive forgot to.
package archive

import (
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"

	"golang.org/x/sys/unix"
)

// maxParents bounds the descriptors that are kept open; when there are more, all are closed and opened again when needed.
const maxParents = 128

// parent returns a descriptor of the directory dir, which stays open for a while.
func (u *unpacker) parent(dir string) (int, error) {
	if dir == "." {
		return u.root, nil
	}
	if fd, ok := u.parents[dir]; ok {
		return fd, nil
	}
	fd, err := openBeneath(u.root, dir)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		if err = u.imply(dir); err == nil {
			fd, err = openBeneath(u.root, dir)
		}
	}
	switch {
	case errors.Is(err, unix.EXDEV):
		return -1, &Refused{dir, "leads out of the tree by a symbolic link"}
	case err != nil:
		return -1, fmt.Errorf("open the directory %s: %w", dir, err)
	}
	if len(u.parents) >= maxParents {
		u.closeParents()
	}
	u.parents[dir] = fd
	return fd, nil
}

func (u *unpacker) closeParents() {
	for _, fd := range u.parents {
		unix.Close(fd)
	}
	clear(u.parents)
}

// imply makes a directory that the archive has files in but does not list.
func (u *unpacker) imply(dir string) error {
	above, base := path.Split(dir)
	parent, err := u.parent(path.Clean(above))
	if err != nil {
		return err
	}
	p := place{parent, base, dir}
	made, err := u.makeDir(p)
	if err == nil && made {
		u.implied[dir] = true
	}
	return err
}

// openBeneath opens a directory below root; EXDEV says that its path leads out. man 2 openat2.
func openBeneath(root int, name string) (int, error) {
	return openat2(root, name, unix.O_RDONLY|unix.O_DIRECTORY, unix.RESOLVE_BENEATH|unix.RESOLVE_NO_MAGICLINKS)
}

func openat2(dir int, name string, flags, resolve uint64) (int, error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: resolve}
	for {
		fd, err := unix.Openat2(dir, name, &how)
		// EAGAIN: something on the way was renamed meanwhile, and the kernel can not vouch for "..".
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
			continue
		}
		return fd, err
	}
}

func sortedKeys(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }
