// This file reads and writes index.json: which names the store knows, and the manifest behind each. Entries that it does not
// understand, written by other programs, are kept as they are.
package storage

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// refName is the annotation that names an image in an OCI image layout.
const refName = "org.opencontainers.image.ref.name"

func emptyIndex() v1.IndexManifest {
	return v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{}}
}

func (s *Store) index() (v1.IndexManifest, error) {
	var index v1.IndexManifest
	data, err := os.ReadFile(s.path("index.json"))
	if err != nil {
		return index, err
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return index, fmt.Errorf("read index.json: %w", err)
	}
	return index, nil
}

func (s *Store) writeIndex(index v1.IndexManifest) error {
	data, err := json.Marshal(index)
	if err != nil {
		return err
	}
	return s.write("index.json", data)
}

// putNames adds descriptors to index.json; a name that is there already moves to the new one. Needs the lock of the store.
func (s *Store) putNames(added []v1.Descriptor) error {
	index, err := s.index()
	if err != nil {
		return err
	}
	for _, d := range added {
		index.Manifests = slices.DeleteFunc(index.Manifests, func(old v1.Descriptor) bool { return nameOf(old) == nameOf(d) })
		index.Manifests = append(index.Manifests, d)
	}
	return s.writeIndex(index)
}

// nameOf is the name of a descriptor in its full form; empty when it has none.
func nameOf(d v1.Descriptor) string {
	if name := d.Annotations[refName]; name != "" {
		return Familiar(name)
	}
	return ""
}
