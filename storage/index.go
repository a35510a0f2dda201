// This file reads and writes index.json: which names the store knows, and the manifest behind each. Entries that it does not
// understand, written by other programs, are kept as they are.
package storage

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"glassbox/kernel/quickjson"
)

// The annotations of an entry of index.json.
const (
	refName  = "org.opencontainers.image.ref.name" // box:latest, by which skopeo and umoci find it: oci:ROOT:box:latest
	fullName = "io.containerd.image.name"          // docker.io/library/box:latest, as containerd writes it
	pulledAs = "glassbox.index.digest"             // of the index that the registry has under the name, if it has several platforms
)

func emptyIndex() v1.IndexManifest {
	return v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{}}
}

func (s *Store) index() (v1.IndexManifest, error) {
	var index v1.IndexManifest
	data, err := os.ReadFile(s.path("index.json"))
	if err != nil {
		return index, err
	}
	if err := quickjson.Unmarshal(data, &index); err != nil {
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

// names says whether a name means this manifest now.
func (s *Store) names(r Reference, manifest v1.Hash) bool {
	index, err := s.index()
	return err == nil && slices.ContainsFunc(index.Manifests, func(d v1.Descriptor) bool {
		return d.Digest == manifest && (r.Tag == "" || nameOf(d) == r.Family()+":"+r.Tag)
	})
}

// name gives the image behind a manifest a name, which moves if another image has it; without a name the image is kept until
// somebody prunes. Waits for the lock of the store.
func (s *Store) name(d v1.Descriptor, name string) error {
	unlock, err := lock(s.root)
	if err != nil {
		return err
	}
	defer unlock()
	d.Annotations = maps.Clone(d.Annotations)
	if d.Annotations == nil {
		d.Annotations = map[string]string{}
	}
	if name != "" {
		d.Annotations[refName], d.Annotations[fullName] = Familiar(name), Full(name)
	}
	return s.putNames([]v1.Descriptor{d})
}

// putNames adds descriptors to index.json; a name that is there already moves to the new one, and the old one is kept without a
// name, for containers may use it. Needs the lock of the store.
func (s *Store) putNames(added []v1.Descriptor) error {
	index, err := s.index()
	if err != nil {
		return err
	}
	for _, d := range added {
		index.Manifests = withName(index.Manifests, d)
	}
	return s.writeIndex(index)
}

func withName(list []v1.Descriptor, added v1.Descriptor) []v1.Descriptor {
	var kept, moved []v1.Descriptor
	for _, old := range list {
		switch {
		case old.Digest == added.Digest && (nameOf(old) == "" || nameOf(old) == nameOf(added)):
		case nameOf(old) != "" && nameOf(old) == nameOf(added):
			moved = append(moved, unnamed(old))
		default:
			kept = append(kept, old)
		}
	}
	kept = append(kept, added)
	for _, old := range moved {
		if !slices.ContainsFunc(kept, func(d v1.Descriptor) bool { return d.Digest == old.Digest }) {
			kept = append(kept, old)
		}
	}
	return kept
}

// unnamed is the entry of an image that has lost its name: <none>:<none>.
func unnamed(d v1.Descriptor) v1.Descriptor {
	d.Annotations = maps.Clone(d.Annotations)
	delete(d.Annotations, refName)
	delete(d.Annotations, fullName)
	return d
}

// nameOf is the name of a descriptor in its full form; empty when it has none.
func nameOf(d v1.Descriptor) string {
	if name := d.Annotations[refName]; name != "" {
		return Familiar(name)
	}
	return ""
}

// familyOf is the repository of an entry, if anybody has said one.
func familyOf(d v1.Descriptor) string {
	name := nameOf(d)
	if name == "" && d.Annotations[fullName] != "" {
		name = Familiar(d.Annotations[fullName])
	}
	name, _, _ = strings.Cut(name, "@")
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		name = name[:i]
	}
	return name
}

// Names lists the entries of one image: under each it may have other names, and other digests at registries.
func (s *Store) Names(id v1.Hash) ([]Image, error) {
	index, err := s.index()
	if err != nil {
		return nil, err
	}
	var names []Image
	for _, d := range index.Manifests {
		if s.idOf(d) == id {
			names = append(names, Image{Name: nameOf(d), Family: familyOf(d), Digest: d.Digest, Remote: remote(d), ID: id})
		}
	}
	return names, nil
}

// remote is the digest by which a registry has what is behind the descriptor.
func remote(d v1.Descriptor) v1.Hash {
	if index, err := v1.NewHash(d.Annotations[pulledAs]); err == nil {
		return index
	}
	return d.Digest
}

// Tag gives an image a further name.
func (s *Store) Tag(source, target string) error {
	img, err := s.Image(source)
	if err != nil {
		return err
	}
	ref, err := ParseReference(target)
	if err != nil {
		return err
	}
	if ref.Tag == "" {
		return fmt.Errorf("tag %s: %q is a digest, which can not be chosen: give a name", source, target)
	}
	index, err := s.index()
	if err != nil {
		return err
	}
	i := slices.IndexFunc(index.Manifests, func(d v1.Descriptor) bool { return d.Digest == img.Digest })
	if i < 0 {
		return &UnknownImage{Ref: source}
	}
	return s.name(unnamed(index.Manifests[i]), ref.String())
}
