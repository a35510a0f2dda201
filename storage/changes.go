// This file lists what a container has changed, as `docker diff` does: from what overlayfs keeps in upper.
package storage

import (
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

// Change is one line of a diff.
type Change struct {
	Kind string // "A" added, "C" changed, "D" deleted
	Path string // in the container
}

// changes walks an upper directory beside the layers below it.
type changes struct {
	upper string
	lower []string
	list  []Change
}

// Changes compares upper with the layers below it, the topmost first.
func Changes(upper string, lower []string) ([]Change, error) {
	c := &changes{upper: upper, lower: lower}
	if _, err := c.dir("/", false); err != nil {
		return nil, fmt.Errorf("list what has changed: %w", err)
	}
	slices.SortFunc(c.list, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return c.list, nil
}

// dir lists the changes in a directory, and says whether any name in it came or went. In a new one, all is added.
func (c *changes) dir(dir string, isNew bool) (moved bool, err error) {
	entries, err := os.ReadDir(path.Join(c.upper, dir))
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		kind, err := c.entry(path.Join(dir, e.Name()), isNew)
		if err != nil {
			return false, err
		}
		moved = moved || kind == "A" || kind == "D"
	}
	return moved, nil
}

// entry finds the kind of one name, empty for a directory that is there only because something in it was changed.
func (c *changes) entry(name string, isNew bool) (kind string, err error) {
	var st unix.Stat_t
	if err := unix.Lstat(path.Join(c.upper, name), &st); err != nil {
		return "", &os.PathError{Op: "look at", Path: name, Err: err}
	}
	var below *Found
	if !isNew {
		if below, err = Visible(c.lower, name); err != nil {
			return "", err
		}
	}
	switch {
	case isDeletion(&st) && below == nil:
		return "", nil // made and deleted again
	case isDeletion(&st):
		kind = "D"
	case below == nil:
		kind = "A"
	default:
		kind = "C"
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR {
		return c.directory(name, &st, below)
	}
	c.list = append(c.list, Change{kind, name})
	return kind, nil
}

func (c *changes) directory(name string, st *unix.Stat_t, below *Found) (kind string, err error) {
	replaced := isOpaque(path.Join(c.upper, name)) || below != nil && !below.IsDir()
	moved, err := c.dir(name, replaced || below == nil)
	if err != nil {
		return "", err
	}
	if below != nil && below.IsDir() && replaced {
		if err := c.gone(name); err != nil {
			return "", err
		}
	}
	switch {
	case below == nil:
		kind = "A"
	case moved || replaced || !looksLike(st, &below.Stat):
		kind = "C"
	default:
		return "", nil
	}
	c.list = append(c.list, Change{kind, name})
	return kind, nil
}

// gone lists what a directory that was deleted and made again has lost.
func (c *changes) gone(dir string) error {
	names, err := visibleNames(c.lower, dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, err := os.Lstat(path.Join(c.upper, dir, name)); err != nil {
			c.list = append(c.list, Change{"D", path.Join(dir, name)})
		}
	}
	return nil
}

func looksLike(a, b *unix.Stat_t) bool {
	return a.Mode == b.Mode && a.Uid == b.Uid && a.Gid == b.Gid && a.Mtim == b.Mtim
}
