// This file keeps the embedded image in the store, and checks that images are complete.
package storage

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/kernel/quickjson"
)

// checkComplete makes sure that all blobs of an image are there before the image gets a name.
func (s *Store) checkComplete(d v1.Descriptor) error {
	var m v1.Manifest
	if err := s.document(d.Digest, &m); err != nil {
		return fmt.Errorf("read the manifest of %s: %w", nameOf(d), err)
	}
	for _, part := range append([]v1.Descriptor{m.Config}, m.Layers...) {
		info, err := os.Stat(s.blob(part.Digest))
		if err != nil {
			return fmt.Errorf("%s is not complete: %w", nameOf(d), err)
		}
		if info.Size() != part.Size {
			return fmt.Errorf("%s is damaged: %s has %d bytes instead of %d", nameOf(d), part.Digest, info.Size(), part.Size)
		}
	}
	return nil
}

// embeddedNames reads only the names of the embedded image: they stand first in the archive.
func (s *Store) embeddedNames() (v1.IndexManifest, error) {
	var names v1.IndexManifest
	archive, err := s.embedded()
	if err != nil {
		return names, err
	}
	defer archive.Close()
	r := tar.NewReader(archive)
	for {
		h, err := r.Next()
		if err != nil {
			return names, fmt.Errorf("find index.json in the embedded image: %w", err)
		}
		if h.Name == "index.json" {
			data, err := io.ReadAll(r)
			if err == nil {
				err = quickjson.Unmarshal(data, &names)
			}
			return names, err
		}
	}
}

// ensureEmbedded copies the embedded image into the store where it is missing, or is that of another build of this program. It
// returns the names that the store has then.
func (s *Store) ensureEmbedded() (v1.IndexManifest, error) {
	names, err := s.embeddedNames()
	if err != nil {
		return names, err
	}
	index, err := s.index()
	if err != nil || s.hasAll(index, names) {
		return index, err
	}
	unlock, err := lock(s.root)
	if err != nil {
		return index, err
	}
	defer unlock()
	// Again, now that nobody else can be at it.
	index, err = s.index()
	if err != nil || s.hasAll(index, names) {
		return index, err
	}
	archive, err := s.embedded()
	if err != nil {
		return index, err
	}
	defer archive.Close()
	if err := s.load(archive); err != nil {
		return index, err
	}
	return s.index()
}

// hasAll says whether the store has these images by these names, complete.
func (s *Store) hasAll(index, names v1.IndexManifest) bool {
	for _, want := range names.Manifests {
		named := func(d v1.Descriptor) bool { return d.Digest == want.Digest && nameOf(d) == nameOf(want) }
		if !slices.ContainsFunc(index.Manifests, named) || s.checkComplete(want) != nil {
			return false
		}
	}
	return true
}
