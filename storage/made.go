// This file takes back the blobs of an image that came to nothing: an archive that was refused leaves no bytes behind.
package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sys/unix"
)

// made are the blobs that were not there before.
type made struct {
	store *Store
	blobs []v1.Hash
}

// note comes before a blob is put into the store.
func (m *made) note(h v1.Hash) {
	if !m.store.has(h) {
		m.blobs = append(m.blobs, h)
	}
}

// noteWritten is note for a blob whose digest only its writer knows.
func (m *made) noteWritten(w *blobWriter) {
	m.note(v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(w.sum.Sum(nil))})
}

func (m *made) noteBytes(data []byte) {
	h := sha256.Sum256(data)
	m.note(v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(h[:])})
}

// discard removes what was made, but for blobs that an image with a name needs by now. While somebody else holds the store all is
// left to the next collection: he may have seen a blob and count on it.
func (m *made) discard() error {
	unlock, err := lock(m.store.root)
	if err != nil {
		return err
	}
	defer unlock()
	return m.discardLocked()
}

// discardLocked is discard for those who have the lock of the store.
func (m *made) discardLocked() error {
	release, err := flock(m.store.path("blobs"), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil
	}
	if err != nil {
		return err
	}
	defer release()
	index, err := m.store.index()
	if err != nil {
		return err
	}
	n, err := m.store.needed(index, nil)
	if err != nil {
		return err
	}
	for _, h := range m.blobs {
		if n.blobs[h.Hex] {
			continue
		}
		if err := os.Remove(m.store.blob(h)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("take back what was copied: %w", err)
		}
	}
	return nil
}
