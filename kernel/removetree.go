// This file deletes directory trees without ever crossing into another mount.
package kernel

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// removeTree deletes path and what is below it. A mount in it makes it fail with EBUSY, and the content of the mount is left
// alone. Device numbers would not tell: a volume that is bound may lie on the same file system.
func removeTree(path string) error {
	var top unix.Stat_t
	switch err := unix.Lstat(path, &top); {
	case errors.Is(err, unix.ENOENT):
		return nil
	case err != nil:
		return err
	}
	if top.Mode&unix.S_IFMT != unix.S_IFDIR {
		return unix.Unlink(path)
	}
	// A short way for what is empty, as most of our directories are by then.
	if err := unix.Rmdir(path); err == nil || errors.Is(err, unix.EBUSY) {
		return err
	}
	return emptyDir(path)
}

func emptyDir(path string) error {
	// man 2 statx, STATX_ATTR_MOUNT_ROOT.
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, 0, &st); err != nil {
		return err
	}
	if st.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0 {
		return unix.EBUSY
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return errors.Unwrap(err)
	}
	for _, e := range entries {
		name := path + "/" + e.Name()
		if e.IsDir() {
			err = emptyDir(name)
		} else {
			err = unix.Unlink(name)
		}
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return unix.Rmdir(path)
}
