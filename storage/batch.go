// This file unpacks several layers, those that are there already side by side, and makes all of them last with one call: to write a
// file system to its disk takes longer than to unpack a small layer.
package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"glassbox/storage/archive"
)

// batch are layers of one image, which are unpacked but have no names yet.
type batch struct {
	layers  []Unpack // all of them, locked, the lowest first
	missing []Unpack // those that nobody had unpacked before
	parts   map[string]string
	unlocks []func()
}

// add unpacks further layers, which lie above those that were added before. Everybody takes the locks of layers from the lowest
// up, so nobody waits for somebody who waits for him.
func (b *batch) add(layers []Unpack) error {
	var missing []Unpack
	for _, l := range layers {
		unlock, err := l.claim()
		if err != nil {
			return l.failed(err)
		}
		b.unlocks = append(b.unlocks, unlock)
		if _, err := os.Stat(l.fs()); errors.Is(err, fs.ErrNotExist) {
			missing = append(missing, l)
		}
	}
	b.missing = append(b.missing, missing...)
	implied, err := unpackAll(missing)
	if err == nil {
		err = b.adopt(missing, implied)
	}
	if err == nil {
		b.layers = append(b.layers, layers...)
	}
	return err
}

// unpackAll makes the parts, and returns for each the directories that its archive takes for granted.
func unpackAll(layers []Unpack) ([][]string, error) {
	implied := make([][]string, len(layers))
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i, l := range layers {
		group.Go(func() (err error) {
			implied[i], err = l.unpack()
			return l.failed(err)
		})
	}
	return implied, group.Wait()
}

// adopt finishes such directories. A layer below may be a part itself, still.
func (b *batch) adopt(layers []Unpack, implied [][]string) error {
	if b.parts == nil {
		b.parts = map[string]string{}
	}
	for i, l := range layers {
		if err := archive.Adopt(l.part(), implied[i], replaced(l.Below, b.parts)); err != nil {
			return l.failed(err)
		}
		b.parts[l.Link] = l.part()
	}
	return nil
}

func replaced(names []string, by map[string]string) []string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = name
		if other, ok := by[name]; ok {
			list[i] = other
		}
	}
	return list
}

// publish waits until all files are on the disk, and gives the folders their names. One that was complete before may lack its
// short name.
func (b *batch) publish() error {
	if len(b.missing) > 0 {
		if err := syncDisk(b.missing[0].Dir); err != nil {
			return err
		}
	}
	for _, l := range b.layers {
		if err := l.publish(); err != nil {
			return l.failed(err)
		}
	}
	return nil
}

func (u Unpack) publish() error {
	if err := os.Rename(u.part(), u.fs()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := os.Symlink(u.target(), u.Link)
	if have, readErr := os.Readlink(u.Link); errors.Is(err, fs.ErrExist) && readErr == nil && have == u.target() {
		return nil
	}
	return err
}

func syncDisk(dir string) error {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", dir, err)
	}
	defer unix.Close(fd)
	if err := unix.Syncfs(fd); err != nil {
		return fmt.Errorf("write the file system of %s to the disk: %w", dir, err)
	}
	return nil
}

// close removes what has no name by now, with the folder of a layer that came to nothing, and lets go.
func (b *batch) close() error {
	var failures error
	for _, l := range b.missing {
		failures = errors.Join(failures, os.RemoveAll(l.part()))
		if _, err := os.Stat(l.fs()); errors.Is(err, fs.ErrNotExist) {
			failures = errors.Join(failures, os.Remove(l.Dir))
		}
	}
	for _, unlock := range b.unlocks {
		unlock()
	}
	return failures
}
