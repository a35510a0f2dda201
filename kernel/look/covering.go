// This file finds the mount that is met at a path.
package look

import (
	"fmt"
	"path/filepath"
	"strings"
)

// MountAt finds the mount that a process sees at path: the newest one on the longest leading part of it. Symbolic links in
// path are not followed.
func MountAt(pid int, path string) (Mount, error) {
	mounts, err := Mounts(pid)
	if err != nil {
		return Mount{}, err
	}
	m, ok := Covering(mounts, path)
	if !ok {
		return Mount{}, fmt.Errorf("find the mount of %s in process %d: nothing is mounted there", path, pid)
	}
	return m, nil
}

// Covering finds the mount at path among mounts. It walks as the kernel does: from the root down, each time to the newest
// mount on top of the one it stands on, so that a mount hidden below a later one is not found.
func Covering(mounts []Mount, path string) (Mount, bool) {
	path = filepath.Clean(path)
	at, ok := rootMount(mounts)
	for ok {
		next, deeper := childOn(mounts, at, path)
		if !deeper {
			break
		}
		at = next
	}
	return at, ok
}

// rootMount finds the mount on "/" whose parent is not in the list: the one from before chroot is another process's business.
func rootMount(mounts []Mount) (Mount, bool) {
	ids := map[int]bool{}
	for _, m := range mounts {
		ids[m.ID] = true
	}
	for _, m := range mounts {
		if m.Point == "/" && (!ids[m.Parent] || m.Parent == m.ID) {
			return m, true
		}
	}
	return Mount{}, false
}

// childOn finds the mount on at that is met first on the way to path.
func childOn(mounts []Mount, at Mount, path string) (Mount, bool) {
	var best Mount
	found := false
	for _, m := range mounts {
		if m.Parent != at.ID || m.ID == at.ID || !Within(path, m.Point) {
			continue
		}
		if !found || len(m.Point) <= len(best.Point) {
			best, found = m, true
		}
	}
	return best, found
}

// Within tells whether path is dir or below it.
func Within(path, dir string) bool {
	rest, ok := strings.CutPrefix(path, strings.TrimSuffix(dir, "/"))
	return ok && (rest == "" || rest[0] == '/')
}
