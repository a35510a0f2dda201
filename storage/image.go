// This file finds images and reads what they are made of. It unpacks nothing: that is for plans, where it can be seen.
package storage

import (
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"glassbox/storage/box"
)

// Image is an image of the store.
type Image struct {
	Name   string  // "box:latest"; empty when it has none
	Family string  // "box": the repository, also of one that was pulled by its digest
	Digest v1.Hash // of its manifest
	Remote v1.Hash // by which a registry has it: that of the manifest, or of the index which it was chosen from
	ID     v1.Hash // of its config
	Config v1.ConfigFile
	Layers []Layer // the lowest first

	MediaType    types.MediaType // of the manifest
	ManifestSize int64
}

// For says whether the image is made for a platform, "linux/arm64"; every image is for none in particular, "".
func (i Image) For(platform string) bool {
	want, err := v1.ParsePlatform(platform)
	return platform == "" || err == nil && i.Config.Platform().Satisfies(*want)
}

// UnknownImage is the error of an image that is not in the store.
type UnknownImage struct {
	Ref  string
	Have []string // the names that are there
}

func (e *UnknownImage) Error() string {
	have := e.Have
	if len(have) > 8 {
		have = append(slices.Clone(have[:8]), "…")
	}
	return fmt.Sprintf("image %q is not in the store (there is: %s): fetch it with: glassbox pull %s", e.Ref, strings.Join(have, ", "), Familiar(e.Ref))
}

// Image finds an image by its name, its digest, its id or the beginning of that.
func (s *Store) Image(ref string) (Image, error) {
	if err := checkReference(ref); err != nil {
		return Image{}, err
	}
	names := s.index
	if Familiar(ref) == box.Name {
		names = s.ensureEmbedded
	}
	index, err := names()
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
	unknown := &UnknownImage{Ref: ref}
	for _, d := range index.Manifests {
		if nameOf(d) == Familiar(ref) || isDigest && (d.Digest == digest || remote(d) == digest) {
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
	img, parts, err := s.manifest(d)
	if err == nil {
		err = s.document(img.ID, &img.Config)
	}
	if err == nil {
		img.Layers, err = s.layers(parts.Layers, img.Config.RootFS.DiffIDs, s.link)
	}
	return img, err
}

// manifest is what an image is without its config.
func (s *Store) manifest(d v1.Descriptor) (Image, v1.Manifest, error) {
	var parts v1.Manifest
	if !d.MediaType.IsImage() {
		return Image{}, parts, fmt.Errorf("%s is of type %s: only the manifest of one platform can be run", d.Digest, d.MediaType)
	}
	img := Image{Name: nameOf(d), Digest: d.Digest, Remote: remote(d), Family: familyOf(d), MediaType: d.MediaType, ManifestSize: d.Size}
	err := s.document(d.Digest, &parts)
	img.ID = parts.Config.Digest
	return img, parts, err
}
