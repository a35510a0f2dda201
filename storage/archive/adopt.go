// This file finishes directories that a layer has files in but does not list. The layers below have them, and the one on top
// decides what a directory looks like: so it must look like theirs.
package archive

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// Adopt makes implied directories of the tree dir like those of the same path in the trees below, the topmost first.
func Adopt(dir string, implied, below []string) error {
	for _, name := range implied {
		for _, layer := range below {
			found, err := adoptFrom(layer, dir, name)
			if err != nil {
				return fmt.Errorf("make %s like that of the layer below: %w", name, err)
			}
			if found {
				break
			}
		}
	}
	return nil
}

func adoptFrom(layer, dir, name string) (found bool, err error) {
	from, err := openDir(layer, name)
	switch {
	case errors.Is(err, unix.ENOENT):
		return false, nil
	case errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.ELOOP):
		return true, nil // it is something else there, or deleted: the directory is new
	case err != nil:
		return false, err
	}
	defer unix.Close(from)
	to, err := openDir(dir, name)
	if err != nil {
		return false, err
	}
	defer unix.Close(to)
	return true, copyAttributes(from, to)
}

func openDir(tree, name string) (int, error) {
	root, err := unix.Open(tree, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	defer unix.Close(root)
	return openat2(root, name, unix.O_RDONLY|unix.O_DIRECTORY, unix.RESOLVE_BENEATH|unix.RESOLVE_NO_SYMLINKS)
}

func copyAttributes(from, to int) error {
	var st unix.Stat_t
	if err := unix.Fstat(from, &st); err != nil {
		return err
	}
	if err := unix.Fchown(to, int(st.Uid), int(st.Gid)); err != nil {
		return err
	}
	if err := unix.Fchmod(to, st.Mode&permissionSet); err != nil {
		return err
	}
	attributes, err := readAttributes(fdPath(from))
	if err != nil {
		return err
	}
	for name, value := range attributes {
		if err := unix.Fsetxattr(to, name, []byte(value), 0); err != nil && !errors.Is(err, unix.EOPNOTSUPP) {
			return err
		}
	}
	return unix.UtimesNanoAt(unix.AT_FDCWD, fdPath(to), []unix.Timespec{st.Atim, st.Mtim}, 0)
}
