// This file lists the devices of the host, all of which a privileged container gets.
package engine

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// HostDevices walks /dev. The runtime makes the container's own terminals, so those of the host are left out.
func HostDevices() ([]specs.LinuxDevice, error) {
	var list []specs.LinuxDevice
	err := filepath.WalkDir("/dev", func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // a device that was pulled out meanwhile
		case err != nil:
			return err
		case d.IsDir() && (path == "/dev/pts" || path == "/dev/shm" || path == "/dev/mqueue" || path == "/dev/fd"):
			return filepath.SkipDir
		case d.Type()&fs.ModeDevice == 0 || path == "/dev/console":
			return nil
		}
		node, err := deviceAt(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		list = append(list, node)
		return err
	})
	return list, err
}

func deviceAt(path string) (specs.LinuxDevice, error) {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return specs.LinuxDevice{}, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	kind := "c"
	if st.Mode&unix.S_IFMT == unix.S_IFBLK {
		kind = "b"
	}
	mode := os.FileMode(st.Mode & 0o777)
	return specs.LinuxDevice{Path: path, Type: kind, Major: int64(unix.Major(st.Rdev)), Minor: int64(unix.Minor(st.Rdev)),
		FileMode: &mode, UID: &st.Uid, GID: &st.Gid}, nil
}
