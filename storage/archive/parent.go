// This file finds the directory in which an entry lies, and makes it where the archive forgot to.
package archive

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
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
	fd, err := u.openParent(dir)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
		if err = u.imply(dir); err == nil {
			fd, err = u.openParent(dir)
		}
	}
	switch {
	case errors.Is(err, unix.EXDEV):
		return -1, &Refused{dir, "leads out of the tree by a symbolic link"}
	case errors.Is(err, unix.ELOOP):
		return -1, &Refused{dir, "is a symbolic link that leads back to itself"}
	case err != nil:
		return -1, fmt.Errorf("open the directory %s: %w", dir, err)
	}
	if len(u.parents) >= maxParents {
		u.closeParents()
	}
	u.parents[dir] = fd
	return fd, nil
}

// openParent: the tree of a layer is the root of a file system, so var/run, where that is a link to /run, is run in the tree, and
// ".." of the top is the top; any other tree may lie anywhere, and a link that leads out of it has no meaning. man 2 openat2.
func (u *unpacker) openParent(dir string) (int, error) {
	resolve := uint64(unix.RESOLVE_BENEATH)
	if u.Layer {
		resolve = unix.RESOLVE_IN_ROOT
	}
	return openat2(u.root, dir, unix.O_RDONLY|unix.O_DIRECTORY, resolve|unix.RESOLVE_NO_MAGICLINKS)
}

func (u *unpacker) closeParents() {
	for _, fd := range u.parents {
		unix.Close(fd)
	}
	clear(u.parents)
}

// imply makes a directory that the archive has files in but does not list; of a link that leads nowhere it makes what that means.
func (u *unpacker) imply(dir string) error {
	above, base := path.Split(dir)
	parent, err := u.parent(path.Clean(above))
	if err != nil {
		return err
	}
	inside, err := u.where(parent)
	if err != nil {
		return err
	}
	if target, err := readlink(parent, base); err == nil && u.Layer {
		return u.implyTarget(inside, target)
	}
	made, err := u.makeDir(place{parent, base, dir})
	if err == nil && made {
		u.implied[path.Join(inside, base)] = true
	}
	return err
}

// maxLinks is how many links may lead to one directory: as many as the kernel follows.
const maxLinks = 40

func (u *unpacker) implyTarget(inside, target string) error {
	if u.links++; u.links > maxLinks {
		return unix.ELOOP
	}
	defer func() { u.links-- }()
	if !path.IsAbs(target) {
		target = path.Join("/", inside, target)
	}
	_, err := u.parent(path.Clean("." + path.Clean(target)))
	return err
}

// where says where in the tree a directory is that may have been reached by a link.
func (u *unpacker) where(fd int) (string, error) {
	top, err := os.Readlink(fdPath(u.root))
	if err != nil {
		return "", err
	}
	at, err := os.Readlink(fdPath(fd))
	if err != nil {
		return "", err
	}
	return filepath.Rel(top, at)
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
