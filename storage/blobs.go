// This file keeps bytes under their digest. Rule: nothing gets a name in the store, and nothing leaves it, before its bytes
// have been hashed and the hash is the name.
package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"

	"glassbox/kernel/quickjson"
)

// maxDocument bounds manifests, configs and indexes, which are read into memory; registries have the same limit.
const maxDocument = 4 << 20

func (s *Store) blob(h v1.Hash) string { return s.path("blobs", h.Algorithm, h.Hex) }

func (s *Store) has(h v1.Hash) bool {
	_, err := os.Stat(s.blob(h))
	return err == nil
}

// putBlob copies r into the store under the digest that its bytes are said to have. It reads r to its end only when the
// blob is not there yet.
func (s *Store) putBlob(want v1.Hash, r io.Reader) error {
	if err := checkAlgorithm(want); err != nil {
		return err
	}
	switch _, err := os.Stat(s.blob(want)); {
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	w, err := s.newBlob()
	if err != nil {
		return err
	}
	defer w.close()
	if _, err := io.Copy(w, r); err != nil {
		return err
	}
	if err := compare(want, w.sum); err != nil {
		return err
	}
	_, err = w.commit(types.OCILayer)
	return err
}

// blobWriter takes the bytes of a blob whose digest shows when all have gone by. Until commit the store does not know it. Whoever
// makes the blobs of an image calls hold first, for they might be collected before the image has a name.
type blobWriter struct {
	store *Store
	file  *os.File
	sum   hash.Hash
	size  int64
}

func (s *Store) newBlob() (*blobWriter, error) {
	f, err := os.CreateTemp(s.path("tmp"), "blob")
	return &blobWriter{store: s, file: f, sum: sha256.New()}, err
}

func (w *blobWriter) Write(p []byte) (int, error) {
	n, err := w.file.Write(p)
	w.sum.Write(p[:n])
	w.size += int64(n)
	return n, err
}

// commit puts the blob into the store under its digest, once its bytes are on the disk.
func (w *blobWriter) commit(kind types.MediaType) (v1.Descriptor, error) {
	d := v1.Descriptor{MediaType: kind, Size: w.size, Digest: v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(w.sum.Sum(nil))}}
	if err := errors.Join(w.file.Chmod(0o644), w.file.Sync()); err != nil {
		return d, err
	}
	return d, os.Rename(w.file.Name(), w.store.blob(d.Digest))
}

// close removes what was not committed.
func (w *blobWriter) close() {
	w.file.Close()
	os.Remove(w.file.Name()) // after a commit there is no such file
}

// putBytes puts a document into the store: a config, a manifest.
func (s *Store) putBytes(kind types.MediaType, data []byte) (v1.Descriptor, error) {
	w, err := s.newBlob()
	if err != nil {
		return v1.Descriptor{}, err
	}
	defer w.close()
	if _, err := w.Write(data); err != nil {
		return v1.Descriptor{}, err
	}
	return w.commit(kind)
}

// document reads a small blob, checks it and parses it as JSON.
func (s *Store) document(want v1.Hash, into any) error {
	data, err := s.read(want)
	if err != nil {
		return err
	}
	if err := quickjson.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read %s: %w", want, err)
	}
	return nil
}

func (s *Store) read(want v1.Hash) ([]byte, error) {
	if err := checkAlgorithm(want); err != nil {
		return nil, err
	}
	data, err := readSmall(s.blob(want))
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	sum.Write(data)
	return data, compare(want, sum)
}

// readSmall reads at most maxDocument bytes of a file. os.Open prepares for files that may keep one waiting, with five system
// calls more: with a thousand images that shows.
func readSmall(path string) ([]byte, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, &fs.PathError{Op: "look at", Path: path, Err: err}
	}
	data := make([]byte, min(st.Size, maxDocument))
	for have := 0; have < len(data); {
		n, err := unix.Read(fd, data[have:])
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil && err != unix.EINTR {
			return nil, &fs.PathError{Op: "read", Path: path, Err: err}
		}
		have += max(n, 0)
	}
	return data, nil
}

// write replaces a file of the store at once: whoever reads it sees the old bytes or the new ones.
func (s *Store) write(name string, data []byte) error {
	return renameio.WriteFile(s.path(name), data, 0o644, renameio.WithTempDir(s.path("tmp")))
}

func checkAlgorithm(h v1.Hash) error {
	if h.Algorithm != "sha256" || len(h.Hex) != 2*sha256.Size {
		return fmt.Errorf("%q is not a sha256 digest, and no other kind is kept here", h)
	}
	return nil
}

func compare(want v1.Hash, sum hash.Hash) error {
	if got := hex.EncodeToString(sum.Sum(nil)); got != want.Hex {
		return damaged(want, fmt.Errorf("its bytes hash to sha256:%s", got))
	}
	return nil
}

func damaged(what v1.Hash, how error) error {
	return fmt.Errorf("%s is damaged: %w: delete the blob and fetch the image again", what, how)
}
