// This file turns a layer's archive into a folder that overlayfs can stack.
//
// A layer is known by three hashes. Its digest is that of the compressed archive: what travels. Its diffID is that of the
// archive itself: what it says. Its chainID is that of its diffID and all those below it: what it says here. Folders go by
// chainID, for the same archive upon other layers can unpack to other folders.
package storage

import (
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/pkg/archive"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"glassbox/kernel"
)

// Layer is one layer of an image.
type Layer struct {
	Digest, DiffID, ChainID v1.Hash
	Size                    int64 // of the compressed archive

	Path     string // its folder, by its short name: a lowerdir
	Unpacked bool   // whether the folder was there when the image was read

	unpack Unpack
}

// Unpack is the op that makes a layer's folder from its blob. Nothing takes it back: the folder serves every container of
// every image with this layer. It is done once, however many ask for it at the same time.
type Unpack struct {
	Blob   string // the archive, compressed or not
	DiffID string // what the uncompressed archive must hash to: "sha256:…"
	Gzip   bool
	Dir    string   // ROOT/layers/CHAINID, with the folder fs in it
	Link   string   // ROOT/l/SHORT
	Below  []string // the layers below, the topmost first: a folder that an archive does not list is like theirs
}

// Call tells the few calls that matter of the thousands that an archive causes.
func (u Unpack) Call() string {
	return fmt.Sprintf("mkdir(%q, 0755)\nopen(%q, O_RDONLY) … and a file for each entry\nsymlink(%q, %q)",
		u.fs(), u.Blob, u.target(), u.Link)
}

// Shell does the same for layers without whiteouts, which tar does not know.
func (u Unpack) Shell() string {
	return kernel.Quote("mkdir", "-p", u.fs()) + " && " +
		kernel.Quote("tar", "-x", "--numeric-owner", "-p", "-f", u.Blob, "-C", u.fs()) + " && " +
		kernel.Quote("ln", "-s", "-f", "-n", u.target(), u.Link)
}

func (u Unpack) fs() string { return filepath.Join(u.Dir, "fs") }

func (u Unpack) target() string { return "../layers/" + filepath.Base(u.Dir) + "/fs" }

// Do unpacks beside the final place and renames, so that a folder fs is always complete.
func (u Unpack) Do() error {
	if err := u.once(); err != nil {
		return fmt.Errorf("unpack the layer %s: %w", u.Blob, err)
	}
	return nil
}

func (u Unpack) once() error {
	if err := os.Mkdir(u.Dir, 0o711); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	unlock, err := lock(u.Dir)
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := os.Stat(u.fs()); errors.Is(err, fs.ErrNotExist) {
		err = u.unpack()
		if err != nil {
			return err
		}
	}
	err = os.Symlink(u.target(), u.Link)
	if have, readErr := os.Readlink(u.Link); errors.Is(err, fs.ErrExist) && readErr == nil && have == u.target() {
		return nil
	}
	return err
}

func (u Unpack) unpack() error {
	// Only one who died in the middle leaves this; we hold the lock.
	part := filepath.Join(u.Dir, "part")
	if err := os.RemoveAll(part); err != nil {
		return err
	}
	if err := os.Mkdir(part, 0o755); err != nil {
		return err
	}
	if err := u.extract(part); err != nil {
		return errors.Join(err, os.RemoveAll(part))
	}
	return os.Rename(part, u.fs())
}

// extract unpacks the blob into dir and compares the hash of what went by. Whiteouts become what overlayfs has for them:
// device 0:0 for a deleted file, an attribute for a folder that hides those below.
func (u Unpack) extract(dir string) error {
	want, err := v1.NewHash(u.DiffID)
	if err != nil {
		return err
	}
	f, err := os.Open(u.Blob)
	if err != nil {
		return err
	}
	defer f.Close()
	var r io.Reader = f
	if u.Gzip {
		if r, err = gzip.NewReader(f); err != nil {
			return damaged(want, err)
		}
	}
	sum := sha256.New()
	r = io.TeeReader(r, sum)
	_, applyErr := archive.Apply(context.Background(), dir, r,
		archive.WithConvertWhiteout(archive.OverlayConvertWhiteout), archive.WithParents(u.Below))
	// The archive ends before the stream does: the rest is padding, and hashed too. It comes before the archive's error, for
	// damage explains that one.
	if _, err := io.Copy(io.Discard, r); err != nil {
		return damaged(want, err)
	}
	if err := compare(want, sum); err != nil {
		return err
	}
	return applyErr
}

// layers joins what the manifest says of each layer (its blob) with what the config says (its diffID).
func (s *Store) layers(blobs []v1.Descriptor, diffIDs []v1.Hash) ([]Layer, error) {
	if len(blobs) != len(diffIDs) {
		return nil, fmt.Errorf("the manifest has %d layers, the config %d", len(blobs), len(diffIDs))
	}
	var list []Layer
	var chain v1.Hash
	for i, b := range blobs {
		if err := checkAlgorithm(diffIDs[i]); err != nil {
			return nil, err
		}
		chain = chainID(chain, diffIDs[i])
		l := Layer{Digest: b.Digest, DiffID: diffIDs[i], ChainID: chain, Size: b.Size}
		var err error
		if l.Path, l.Unpacked, err = s.link(chain); err != nil {
			return nil, err
		}
		l.unpack = Unpack{
			Blob: s.blob(b.Digest), DiffID: l.DiffID.String(), Dir: s.path("layers", chain.Hex), Link: l.Path, Below: lower(list),
		}
		if l.unpack.Gzip, err = isGzip(b); err != nil {
			return nil, err
		}
		list = append(list, l)
	}
	return list, nil
}

// chainID hashes a layer with what lies below it. image-spec config.md, "Layer ChainID".
func chainID(below, diffID v1.Hash) v1.Hash {
	if below == (v1.Hash{}) {
		return diffID
	}
	sum := sha256.Sum256([]byte(below.String() + " " + diffID.String()))
	return v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum[:])}
}

func isGzip(layer v1.Descriptor) (bool, error) {
	switch layer.MediaType {
	case types.OCILayer, types.DockerLayer:
		return true, nil
	case types.OCIUncompressedLayer, types.DockerUncompressedLayer:
		return false, nil
	}
	return false, fmt.Errorf("layer %s is of type %s: gzip and plain tar can be read", layer.Digest, layer.MediaType)
}

// link finds the short name of a layer's folder, or the one that it will get. The name is made last, so where it is, the
// folder is complete. It has as many digits of the chainID as tell it from others, eight or more.
func (s *Store) link(chain v1.Hash) (path string, there bool, err error) {
	for n := 8; n <= len(chain.Hex); n++ {
		path = s.path("l", chain.Hex[:n])
		target, err := os.Readlink(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return path, false, nil
		case err != nil:
			return "", false, err
		case target == "../layers/"+chain.Hex+"/fs":
			return path, true, nil
		}
	}
	return "", false, fmt.Errorf("every short name of layer %s is taken: remove the links in %s", chain, s.path("l"))
}
