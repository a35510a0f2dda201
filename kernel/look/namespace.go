// This file reads which namespaces a process is in: man 7 namespaces, "The /proc/pid/ns/ directory".
package look

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// NS is one namespace of a process. The inode is its identity: two processes share a namespace when the numbers are equal.
type NS struct {
	Type   string `json:"type"` // mnt, pid, net, uts, ipc, user, cgroup, time
	Inode  uint64 `json:"inode"`
	Shared bool   `json:"shared"` // the same as the host's
}

// Namespaces lists the namespaces of a process, in the order in which the course meets them. A kernel that lacks a type
// lists fewer.
func Namespaces(pid int) ([]NS, error) {
	var found []NS
	for _, typ := range []string{"mnt", "pid", "net", "uts", "ipc", "user", "cgroup", "time"} {
		if !kernelHas(typ) {
			continue
		}
		inode, err := Namespace(pid, typ)
		if err != nil {
			return nil, err
		}
		host, err := HostNamespace(typ)
		if err != nil {
			return nil, err
		}
		found = append(found, NS{Type: typ, Inode: inode, Shared: inode == host})
	}
	return found, nil
}

func kernelHas(typ string) bool {
	_, err := os.Lstat("/proc/self/ns/" + typ)
	return err == nil
}

// Namespace reads the identity of one namespace from a link such as "uts:[4026531838]".
func Namespace(pid int, typ string) (inode uint64, err error) {
	link, err := os.Readlink(NamespacePath(pid, typ))
	if err != nil {
		return 0, fmt.Errorf("find the %s namespace of process %d: %w%s", typ, pid, err, remedy(err))
	}
	return namespaceInode(link)
}

// HostNamespace is the namespace of process 1. Some machines' process 1 is closed even to root; kthreadd, which is process 2
// of a machine (and of no container), is then asked: it never leaves the namespaces in which the kernel starts.
func HostNamespace(typ string) (inode uint64, err error) {
	inode, err = Namespace(1, typ)
	if !errors.Is(err, fs.ErrPermission) {
		return inode, err
	}
	if two, notThere := status(2); notThere == nil && two["Name"] == "kthreadd" && two["PPid"] == "0" {
		return Namespace(2, typ)
	}
	return 0, err
}

// NamespacePath is the file that stands for a namespace of a process: setns takes it, a bind mount of it keeps it alive.
func NamespacePath(pid int, typ string) string { return procPath(pid, "ns/"+typ) }

func namespaceInode(link string) (uint64, error) {
	_, number, _ := strings.Cut(strings.TrimSuffix(link, "]"), ":[")
	inode, err := strconv.ParseUint(number, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read the namespace link %q: %w", link, err)
	}
	return inode, nil
}
