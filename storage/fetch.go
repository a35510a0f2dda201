// This file copies a blob from a registry. What has come is kept under its digest, in ROOT/partial, until the blob is whole: who
// dies in the middle is followed by one who asks for the rest alone. Whoever holds the lock of that file downloads; others who
// want the same blob wait, and find it in the store.
package storage

import (
	"context"
	"errors"
	"fmt"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sys/unix"

	"glassbox/kernel"
	"glassbox/storage/registry"
)

// Fetch is the op that makes a blob out of a registry's answer. Nothing takes it back: the blob serves every image with it.
type Fetch struct {
	URL    string
	Digest v1.Hash
	Size   int64
	Part   string // ROOT/partial/HEX
	Blob   string // ROOT/blobs/sha256/HEX

	ctx    context.Context
	source registry.Repository
	hear   func(done int64) // nil: nobody
}

func (f Fetch) Call() string {
	return fmt.Sprintf("open(%q, O_RDWR|O_CREAT, 0644)\nread(socket) … write(%q), %d bytes, hashed as they pass\nfsync(%q)\nrename(%q, %q)",
		f.Part, f.Part, f.Size, f.Part, f.Part, f.Blob)
}

// Shell is for registries that want no password.
func (f Fetch) Shell() string {
	return kernel.Quote("curl", "-f", "-L", "-C", "-", "-o", f.Part, f.URL) + " && " +
		"echo " + kernel.Quote(f.Digest.Hex+"  "+f.Part) + " | sha256sum -c && " + kernel.Quote("mv", f.Part, f.Blob)
}

// Do fetches the blob unless it is there.
func (f Fetch) Do() error {
	part, err := openPart(f.Part, f.Blob)
	if part == nil || err != nil {
		return err
	}
	defer part.Close()
	d := &download{Fetch: f, file: part}
	if err := d.run(); err != nil {
		return fmt.Errorf("fetch %s: %w", f.Digest, err)
	}
	return nil
}

// openPart waits for the lock of the partial file. It is nil if the blob is there by then.
func openPart(part, blob string) (*os.File, error) {
	for {
		if _, err := os.Stat(blob); err == nil {
			return nil, nil
		}
		f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, err
		}
		if err := waitLock(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		_, err = os.Stat(blob)
		if isFile(f, part) {
			if err != nil {
				return f, nil
			}
			err = os.Remove(part) // made after the blob
		} else {
			err = nil // the one before us has made the blob of it, or given up and removed it
		}
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
	}
}

func waitLock(f *os.File) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != unix.EINTR {
			return err
		}
	}
}

// isFile says whether a path leads to this file, still.
func isFile(f *os.File, path string) bool {
	have, err := f.Stat()
	there, thereErr := os.Stat(path)
	return err == nil && thereErr == nil && os.SameFile(have, there)
}
