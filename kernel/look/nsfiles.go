// This file finds every namespace of the machine that can be found: man 7 namespaces, "Namespace lifetime".
package look

import (
	"os"
	"slices"
	"strings"
)

// NamespaceFiles lists the files that keep a namespace of a type alive, one for each namespace: links in /proc of the
// processes that are in it, and bind mounts (as "ip netns add" makes them) of those that no process is in. Processes that end
// while we look, or are closed to us, are left out.
func NamespaceFiles(typ string) (map[uint64]string, error) {
	pids, err := Processes()
	if err != nil {
		return nil, err
	}
	files := map[uint64]string{}
	for _, pid := range pids {
		inode, err := Namespace(pid, typ)
		if outOfReach(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if files[inode] == "" {
			files[inode] = NamespacePath(pid, typ)
		}
	}
	return files, addKept(files, typ)
}

// addKept adds the namespaces that are kept by a bind mount alone: file system nsfs, root "net:[4026532001]".
func addKept(files map[uint64]string, typ string) error {
	mounts, err := Mounts(os.Getpid())
	if err != nil {
		return err
	}
	kept := slices.DeleteFunc(mounts, func(m Mount) bool {
		return m.FSType != "nsfs" || !strings.HasPrefix(m.Root, typ+":[")
	})
	for _, m := range kept {
		inode, err := namespaceInode(m.Root)
		if err != nil {
			return err
		}
		if files[inode] == "" {
			files[inode] = m.Point
		}
	}
	return nil
}
