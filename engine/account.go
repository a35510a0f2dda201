// This file finds out who "-u app" is: the numbers of a user are in the container's own /etc/passwd and /etc/group.
package engine

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"

	"github.com/moby/sys/user"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// Account is a user as the container knows him.
type Account struct {
	specs.User
	Home string
}

// FindAccount looks up "user[:group]", names or numbers, in the files of a root file system; empty is root.
func FindAccount(rootfs, name string, groups []string) (Account, error) {
	passwd, err := readInRoot(rootfs, "/etc/passwd")
	if err != nil {
		return Account{}, err
	}
	group, err := readInRoot(rootfs, "/etc/group")
	if err != nil {
		return Account{}, err
	}
	return findAccount(name, groups, passwd, group)
}

// findAccount puts the user's own group among the additional ones too, as login(1) does: a program that only changes its
// group does not lose access.
func findAccount(name string, groups []string, passwd, group []byte) (Account, error) {
	found, err := user.GetExecUser(name, &user.ExecUser{Home: "/"}, bytes.NewReader(passwd), bytes.NewReader(group))
	if err != nil {
		return Account{}, fmt.Errorf("--user %s: %w: give a number, or a name of the container's /etc/passwd and /etc/group", name, err)
	}
	more, err := user.GetAdditionalGroups(groups, bytes.NewReader(group))
	if err != nil {
		return Account{}, fmt.Errorf("--group-add: %w: give a number, or a name of the container's /etc/group", err)
	}
	slices.Sort(more)
	account := Account{Home: found.Home}
	account.UID, account.GID = uint32(found.Uid), uint32(found.Gid)
	for _, gid := range slices.Concat([]int{found.Gid}, found.Sgids, more) {
		if !slices.Contains(account.AdditionalGids, uint32(gid)) {
			account.AdditionalGids = append(account.AdditionalGids, uint32(gid))
		}
	}
	return account, nil
}

// readInRoot follows links as the container would: an image may link /etc/passwd to the host's, in vain. A file that is not
// there reads as empty.
func readInRoot(rootfs, name string) ([]byte, error) {
	text, err := tryReadInRoot(rootfs, name)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s of the container: %w", name, err)
	}
	return text, nil
}

// tryReadInRoot opens nothing but a file: a container may have put a device there, which does something when it is opened.
func tryReadInRoot(rootfs, name string) ([]byte, error) {
	root, err := unix.Open(rootfs, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: rootfs, Err: err}
	}
	defer unix.Close(root)
	fd, err := findInRoot(root, name)
	if err != nil {
		return nil, &os.PathError{Op: "find", Path: name, Err: err}
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, &os.PathError{Op: "look at", Path: name, Err: err}
	}
	if st.Mode&unix.S_IFMT != unix.S_IFREG {
		return nil, errors.New("it is no file")
	}
	return os.ReadFile(fmt.Sprintf("/proc/self/fd/%d", fd))
}

// findInRoot follows a path of a root. It begins anew when somebody moves directories on the way meanwhile.
func findInRoot(root int, name string) (fd int, err error) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	for range 100 {
		if fd, err = unix.Openat2(root, name, &how); err != unix.EAGAIN && err != unix.EINTR {
			break
		}
	}
	return fd, err
}
