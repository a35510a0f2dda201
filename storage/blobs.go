// This file keeps bytes under their digest. Rule: nothing gets a name in the store, and nothing leaves it, before its bytes
// have been hashed and the hash is the name.
package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/renameio/v2"
)

// maxDocument bounds manifests, configs and indexes, which are read into memory; registries have the same limit.
const maxDocument = 4 << 20

func (s *Store) blob(h v1.Hash) string { return s.path("blobs", h.Algorithm, h.Hex) }

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
	f, err := renameio.NewPendingFile(s.blob(want), renameio.WithTempDir(s.path("tmp")), renameio.WithPermissions(0o644))
	if err != nil {
		return err
	}
	defer f.Cleanup()
	sum := sha256.New()
	if _, err := io.Copy(f, io.TeeReader(r, sum)); err != nil {
		return err
	}
	if err := compare(want, sum); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}

// document reads a small blob, checks it and parses it as JSON.
func (s *Store) document(want v1.Hash, into any) error {
	data, err := s.read(want)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read %s: %w", want, err)
	}
	return nil
}

func (s *Store) read(want v1.Hash) ([]byte, error) {
	if err := checkAlgorithm(want); err != nil {
		return nil, err
	}
	f, err := os.Open(s.blob(want))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxDocument))
	if err != nil {
		return nil, err
	}
	sum := sha256.New()
	sum.Write(data)
	return data, compare(want, sum)
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
