// This file opens a store. Its locks are held on directories: they need no files of their own, and are gone with the process.
package storage

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/storage/archive"
	"glassbox/storage/box"
)

// Store is an image store on disk.
type Store struct {
	Codecs *archive.Codecs // nil: nothing can be packed or unpacked

	root     string
	embedded func() (io.ReadCloser, error) // the image that is always there, as load reads it
}

// Open opens the store at root and makes it where there is none.
func Open(root string) (*Store, error) {
	s, err := open(root, box.Open)
	if err != nil {
		return nil, fmt.Errorf("open the image store %s: %w", root, err)
	}
	return s, nil
}

func open(root string, embedded func() (io.ReadCloser, error)) (*Store, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	s := &Store{root: root, embedded: embedded}
	// Written last, so it says that the rest is there.
	_, err = os.Stat(s.path("oci-layout"))
	if errors.Is(err, fs.ErrNotExist) {
		err = s.create()
	}
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("%w: run it as root, or choose a place of your own with --root", err)
	}
	return s, err
}

// create makes the folders. Others may pass through them, as a container with a user namespace must, but not list them.
func (s *Store) create() error {
	for _, dir := range []string{"blobs/sha256", "partial", "layers", "l", "containers", "tmp"} {
		if err := os.MkdirAll(s.path(dir), 0o711); err != nil {
			return err
		}
	}
	if err := spread(s.path("containers")); err != nil {
		return err
	}
	unlock, err := lock(s.root)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(s.path("index.json")); errors.Is(err, fs.ErrNotExist) {
		if err := s.writeIndex(emptyIndex()); err != nil {
			return err
		}
	}
	return s.write("oci-layout", []byte(`{"imageLayoutVersion":"1.0.0"}`))
}

// spread tells ext4 that what lies in a directory is not related: every container then gets inodes from another part of the disk, as
// every user does below /home. Otherwise all would come from the same part, where ext4 without a journal passes over the inodes of
// the last minute's containers, one by one: two dozen new files would take it as long as all the rest of a container. man 1 chattr, T.
func spread(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	const topDir = 0x20000 // FS_TOPDIR_FL
	if flags, err := unix.IoctlGetInt(int(f.Fd()), unix.FS_IOC_GETFLAGS); err == nil {
		// It is a hint: other file systems have no such parts, and an ordinary user may not give it.
		_ = unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, flags|topDir)
	}
	return nil
}

// path returns a path inside the store.
func (s *Store) path(elem ...string) string {
	return s.root + "/" + strings.Join(elem, "/")
}

// lock waits until this process alone holds the directory; the function that it returns lets go.
func lock(dir string) (unlock func(), err error) { return flock(dir, unix.LOCK_EX) }

// UseImages keeps images from being removed until release is called: while a container is being made, nothing on the disk says yet
// which image is its own. Who removes images waits. Before the lock of the store, if both are needed.
func (s *Store) UseImages() (release func(), err error) {
	return flock(s.path("containers"), unix.LOCK_SH)
}

// noNewUsers waits until no container is being made.
func (s *Store) noNewUsers() (release func(), err error) { return lock(s.path("containers")) }

// hold keeps everything in the store from being collected until release is called: for as long as somebody holds it, blobs
// without a name may belong to an image that is on its way.
func (s *Store) hold() (release func(), err error) { return flock(s.path("blobs"), unix.LOCK_SH) }

func flock(dir string, how int) (unlock func(), err error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for {
		err = unix.Flock(int(f.Fd()), how)
		if err != unix.EINTR {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", dir, err), f.Close())
	}
	return func() {
		// A child that has been forked and not executed yet has a copy of the descriptor: closing ours would not let go.
		unix.Flock(int(f.Fd()), unix.LOCK_UN)
		f.Close()
	}, nil
}

// Containers lists the ids that have a folder in the store, for an audit to compare with the containers that are known.
func (s *Store) Containers() ([]string, error) {
	entries, err := os.ReadDir(s.path("containers"))
	if err != nil {
		return nil, fmt.Errorf("list the containers in the store: %w", err)
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.Name()
	}
	return ids, nil
}
