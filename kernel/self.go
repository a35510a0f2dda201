// This file opens this program for a copy of itself that is to be executed where others may reach for it. A container's process
// can reach the file it was started from by /proc/PID/exe and, being root, write to it: that was CVE-2019-5736.
package kernel

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// ProtectedSelf opens it by a mount of its own, and for those who may not make one, as a copy.
func ProtectedSelf() (*os.File, error) {
	exe, err := readonlySelf()
	if errors.Is(err, unix.EPERM) {
		return sealedSelf()
	}
	return exe, err
}

// readonlySelf opens this program through a detached read-only mount. There the kernel answers EROFS to who would write, and
// nobody inside can remount what is in no mount namespace.
func readonlySelf() (*os.File, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, "/proc/self/exe", unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return nil, refused(openTreeCall, err)
	}
	attr := &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}
	if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, attr); err != nil {
		unix.Close(fd)
		return nil, refused(setAttrCall, err)
	}
	return os.NewFile(uintptr(fd), "/proc/self/exe"), nil
}

// sealedSelf is a copy of this program in memory that nobody may write to: EPERM. man 2 memfd_create, "File sealing".
func sealedSelf() (*os.File, error) {
	fd, err := executableMemfd()
	if err != nil {
		return nil, err
	}
	file := os.NewFile(uintptr(fd), "/proc/self/exe")
	exe, err := os.Open("/proc/self/exe")
	if err == nil {
		_, err = io.Copy(file, exe) // by sendfile
		exe.Close()
	}
	if err == nil {
		err = seal(fd)
	}
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("copy this program into memory: %w", err)
	}
	return file, nil
}

// executableMemfd makes a file that lies nowhere, and may be executed.
func executableMemfd() (int, error) {
	fd, err := unix.MemfdCreate("glassbox", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_EXEC)
	if err == unix.EINVAL { // MFD_EXEC has come with Linux 6.3, together with a setting that asks for it
		fd, err = unix.MemfdCreate("glassbox", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return -1, refused(memfdCall, err)
	}
	return fd, nil
}

// seal lets nobody write to it any more, nor take the seals away.
func seal(fd int) error {
	seals := unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	_, err := unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, seals)
	return err
}

const (
	openTreeCall = `open_tree(AT_FDCWD, "/proc/self/exe", OPEN_TREE_CLONE|OPEN_TREE_CLOEXEC)`
	setAttrCall  = `mount_setattr("/proc/self/exe", "", AT_EMPTY_PATH, {attr_set=MOUNT_ATTR_RDONLY})`
	memfdCall    = `memfd_create("glassbox", MFD_CLOEXEC|MFD_ALLOW_SEALING|MFD_EXEC)`
	sealCall     = `fcntl(memfd, F_ADD_SEALS, F_SEAL_SEAL|F_SEAL_SHRINK|F_SEAL_GROW|F_SEAL_WRITE)`
)
