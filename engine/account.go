// This file finds out who "-u app" is: the numbers of a user are in the container's own /etc/passwd and /etc/group.
package engine

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/cyphar/filepath-securejoin/pathrs-lite"
	"github.com/moby/sys/user"
	specs "github.com/opencontainers/runtime-spec/specs-go"
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

func tryReadInRoot(rootfs, name string) ([]byte, error) {
	handle, err := pathrs.OpenInRoot(rootfs, name)
	if err != nil {
		return nil, err
	}
	defer handle.Close()
	f, err := pathrs.Reopen(handle, os.O_RDONLY)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}
