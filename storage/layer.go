// This file knows the layers of an image, and the folders that they are unpacked to.
//
// A layer is known by three hashes. Its digest is that of the compressed archive: what travels. Its diffID is that of the
// archive itself: what it says. Its chainID is that of its diffID and all those below it: what it says here. Folders go by
// chainID, for the same archive upon other layers can unpack to other folders.
package storage

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Layer is one layer of an image.
type Layer struct {
	Digest, DiffID, ChainID v1.Hash
	Size                    int64 // of the compressed archive

	Path     string // its folder, by its short name: a lowerdir
	Unpacked bool   // whether the folder was there when the image was read

	unpack Unpack
}

// layers joins what the manifest says of each layer (its blob) with what the config says (its diffID); link finds short names.
func (s *Store) layers(blobs []v1.Descriptor, diffIDs []v1.Hash, link linker) ([]Layer, error) {
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
		if err := checkLayerType(b); err != nil {
			return nil, err
		}
		var err error
		if l.Path, l.Unpacked, err = link(chain); err != nil {
			return nil, err
		}
		l.unpack = Unpack{
			Blob: s.blob(b.Digest), DiffID: l.DiffID.String(), Dir: s.path("layers", chain.Hex), Link: l.Path, Below: Lower(list),
			codecs: s.Codecs,
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

// checkLayerType refuses layers that are no archives (encrypted ones, WebAssembly). How an archive is packed, its bytes tell.
func checkLayerType(layer v1.Descriptor) error {
	switch layer.MediaType {
	case types.OCILayer, types.DockerLayer, types.OCILayerZStd, types.OCIUncompressedLayer, types.DockerUncompressedLayer,
		types.OCIRestrictedLayer, types.DockerForeignLayer:
		return nil
	}
	return fmt.Errorf("layer %s is of type %s: tar archives can be read, packed with gzip or zstd or not at all", layer.Digest, layer.MediaType)
}

type linker func(chain v1.Hash) (path string, there bool, err error)

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
