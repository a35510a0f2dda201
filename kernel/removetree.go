// This file deletes directory trees without ever crossing into another mount.
package kernel

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// removeTree deletes path and what is below it. A mount point in it makes the kernel answer EBUSY to rmdir; its content is
// on another device and is left alone.
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
	return emptyDir(path, top.Dev)
}

func emptyDir(path string, dev uint64) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return errors.Unwrap(err)
	}
	for _, e := range entries {
		name := path + "/" + e.Name()
		if !e.IsDir() {
			err = unix.Unlink(name)
		} else {
			err = emptyDirOn(name, dev)
		}
		if err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return unix.Rmdir(path)
}

func emptyDirOn(path string, dev uint64) error {
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return err
	}
	if st.Dev != dev {
		return unix.EBUSY
	}
	return emptyDir(path, dev)
}
