// This file reads a stack of layers as overlayfs does, without mounting it: which layers have a file of a name, and which of them
// a container sees.
package storage

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Found is what one layer has under a name.
type Found struct {
	Layer   int // in the stack that was searched
	Stat    unix.Stat_t
	Deleted bool // it is a whiteout: what lies below is deleted
	Hidden  bool // something above hides it
}

// IsDir tells directories, which are shown together with those below.
func (f Found) IsDir() bool { return f.Stat.Mode&unix.S_IFMT == unix.S_IFDIR }

// Lookup finds a path, without symbolic links in it, in all layers, the topmost first. A container sees the first, if it is not a
// deletion, and not hidden by a directory above that a layer has replaced.
func Lookup(layers []string, name string) ([]Found, error) {
	var list []Found
	hidden := false
	for i, layer := range layers {
		found, hides, err := lookIn(layer, name)
		if err != nil {
			return nil, err
		}
		if found != nil {
			found.Layer, found.Hidden = i, hidden
			list = append(list, *found)
			hides = hides || !found.IsDir()
		}
		hidden = hidden || hides
	}
	return list, nil
}

// Visible is what a container sees under a name; nil: nothing.
func Visible(layers []string, name string) (*Found, error) {
	list, err := Lookup(layers, name)
	if err != nil || len(list) == 0 || list[0].Deleted || list[0].Hidden {
		return nil, err
	}
	return &list[0], nil
}

// lookIn walks down one layer. hides: nothing of this path in the layers below is seen.
func lookIn(layer, name string) (found *Found, hides bool, err error) {
	at := layer
	parts := strings.Split(strings.Trim(path.Clean("/"+name), "/"), "/")
	for i, part := range parts {
		at = path.Join(at, part)
		var st unix.Stat_t
		switch err := unix.Lstat(at, &st); {
		case errors.Is(err, unix.ENOENT):
			return nil, hides, nil
		case err != nil:
			return nil, false, &os.PathError{Op: "look at", Path: at, Err: err}
		}
		isDir := st.Mode&unix.S_IFMT == unix.S_IFDIR
		hides = hides || isDir && isOpaque(at)
		switch {
		case i == len(parts)-1:
			return &Found{Stat: st, Deleted: isDeletion(&st)}, hides, nil
		case !isDir:
			return nil, true, nil // deleted, or a file, where layers below may have a directory
		}
	}
	return nil, hides, nil
}

// visibleNames lists what a container sees in a directory.
func visibleNames(layers []string, dir string) ([]string, error) {
	seen := map[string]bool{}
	for _, layer := range layers {
		entries, err := os.ReadDir(path.Join(layer, dir))
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list a layer: %w", err)
		}
		for _, e := range entries {
			seen[e.Name()] = true
		}
	}
	var names []string
	for name := range seen {
		found, err := Visible(layers, path.Join(dir, name))
		if err != nil {
			return nil, err
		}
		if found != nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func isDeletion(st *unix.Stat_t) bool { return st.Mode&unix.S_IFMT == unix.S_IFCHR && st.Rdev == 0 }

func isOpaque(dir string) bool {
	var value [1]byte
	for _, name := range []string{"trusted.overlay.opaque", "user.overlay.opaque"} {
		if n, err := unix.Lgetxattr(dir, name, value[:]); err == nil && n == 1 && value[0] == 'y' {
			return true
		}
	}
	return false
}
