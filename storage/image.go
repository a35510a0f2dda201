// This file finds images and reads what they are made of. It unpacks nothing: that is for plans, where it can be seen.
package storage

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/storage/box"
)

// Image is an image of the store.
type Image struct {
	Name   string  // "box:latest"; empty when it has none
	Digest v1.Hash // of its manifest: what it was pulled or pushed as
	ID     v1.Hash // of its config
	Config v1.ConfigFile
	Layers []Layer // the lowest first
}

// UnknownImage is the error of an image that is not in the store.
type UnknownImage struct {
	Ref  string
	Root string   // of the store
	Have []string // the names that are there
}

func (e *UnknownImage) Error() string {
	return fmt.Sprintf("image %q is not in the store (there is: %s): copy it in with: skopeo copy docker://%s oci:%s:%s",
		e.Ref, strings.Join(e.Have, ", "), Familiar(e.Ref), e.Root, Familiar(e.Ref))
}

// Image finds an image by its name, its digest, its id or the beginning of that.
func (s *Store) Image(ref string) (Image, error) {
	if err := checkReference(ref); err != nil {
		return Image{}, err
	}
	if Familiar(ref) == box.Name {
		if err := s.ensureEmbedded(); err != nil {
			return Image{}, fmt.Errorf("find image %q: %w", ref, err)
		}
	}
	index, err := s.index()
	if err != nil {
		return Image{}, fmt.Errorf("find image %q: %w", ref, err)
	}
	d, err := s.find(index, ref)
	if err != nil {
		return Image{}, err
	}
	img, err := s.image(d)
	if err != nil {
		return Image{}, fmt.Errorf("read image %q: %w", ref, err)
	}
	return img, nil
}

// find prefers a name to a digest, and both to an id, as people do who call an image "cafe".
func (s *Store) find(index v1.IndexManifest, ref string) (v1.Descriptor, error) {
	digest, isDigest := splitDigest(ref)
	unknown := &UnknownImage{Ref: ref, Root: s.root}
	for _, d := range index.Manifests {
		if nameOf(d) == Familiar(ref) || isDigest && d.Digest == digest {
			return d, nil
		}
		if name := nameOf(d); name != "" {
			unknown.Have = append(unknown.Have, name)
		}
	}
	if !slices.Contains(unknown.Have, box.Name) {
		unknown.Have = append(unknown.Have, box.Name) // copied in when it is first asked for
	}
	id := strings.TrimPrefix(ref, "sha256:")
	if !couldBeID(id) {
		return v1.Descriptor{}, unknown
	}
	return s.findID(index, id, unknown)
}

func (s *Store) findID(index v1.IndexManifest, id string, unknown error) (v1.Descriptor, error) {
	var found []v1.Descriptor
	seen := map[v1.Hash]bool{}
	for _, d := range index.Manifests {
		if !d.MediaType.IsImage() {
			continue
		}
		var m v1.Manifest
		if err := s.document(d.Digest, &m); err != nil {
			return v1.Descriptor{}, err
		}
		if strings.HasPrefix(m.Config.Digest.Hex, id) && !seen[m.Config.Digest] {
			seen[m.Config.Digest] = true
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		return v1.Descriptor{}, unknown
	case 1:
		return found[0], nil
	}
	return v1.Descriptor{}, fmt.Errorf("%d images have an id that begins with %s: give more of it", len(found), id)
}

// image reads the manifest and the config behind a descriptor.
func (s *Store) image(d v1.Descriptor) (Image, error) {
	if !d.MediaType.IsImage() {
		return Image{}, fmt.Errorf("%s is of type %s: only the manifest of one platform can be run", d.Digest, d.MediaType)
	}
	img := Image{Name: nameOf(d), Digest: d.Digest}
	var m v1.Manifest
	if err := s.document(d.Digest, &m); err != nil {
		return Image{}, err
	}
	img.ID = m.Config.Digest
	if err := s.document(img.ID, &img.Config); err != nil {
		return Image{}, err
	}
	var err error
	img.Layers, err = s.layers(m.Layers, img.Config.RootFS.DiffIDs)
	return img, err
}
