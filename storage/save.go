// This file writes images as an archive that both kinds of programs read: an OCI image layout with the manifest.json of `docker
// save` beside it, as Docker writes it since its version 25. Blobs go as they are, so every digest stays the same.
package storage

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// saver collects what goes into an archive; each blob goes in once, however many images have it.
type saver struct {
	store  *Store
	w      *tar.Writer
	index  v1.IndexManifest
	docker []dockerImage
	repos  map[string]map[string]string // the file "repositories" of old versions: name -> tag -> the topmost layer
	done   map[v1.Hash]bool
}

// Save writes images. A name without a tag means all images of that name, as for Docker.
func (s *Store) Save(w io.Writer, refs ...string) error {
	release, err := s.hold()
	if err != nil {
		return fmt.Errorf("save images: %w", err)
	}
	defer release()
	images, err := s.all(refs)
	if err != nil {
		return err
	}
	a := &saver{store: s, w: tar.NewWriter(w), index: emptyIndex(), repos: map[string]map[string]string{}, done: map[v1.Hash]bool{}}
	for _, img := range images {
		if err := a.image(img); err != nil {
			return fmt.Errorf("save the image %s: %w", img.Name, err)
		}
	}
	if err := a.close(); err != nil {
		return fmt.Errorf("save images: %w", err)
	}
	return nil
}

// all looks up every image before the first byte is written.
func (s *Store) all(refs []string) ([]Image, error) {
	var list []Image
	for _, ref := range refs {
		family, err := s.family(ref)
		if err != nil {
			return nil, err
		}
		if len(family) == 0 {
			img, err := s.Image(ref)
			if err != nil {
				return nil, err
			}
			if ref != img.Name && Familiar(ref) != img.Name {
				img.Name = "" // it was asked for by its id or digest
			}
			family = []Image{img}
		}
		list = append(list, family...)
	}
	return list, nil
}

// family finds all tags of a name that is given without one.
func (s *Store) family(ref string) ([]Image, error) {
	if ref == "" || strings.Contains(ref[strings.LastIndex(ref, "/")+1:], ":") || strings.Contains(ref, "@") {
		return nil, nil
	}
	images, err := s.Images()
	if err != nil {
		return nil, err
	}
	prefix := strings.TrimSuffix(Familiar(ref), "latest")
	return slices.DeleteFunc(images, func(i Image) bool { return i.Name == "" || !strings.HasPrefix(i.Name, prefix) }), nil
}

func (a *saver) image(img Image) error {
	d, err := a.descriptor(img)
	if err != nil {
		return err
	}
	var m v1.Manifest
	if err := a.store.document(img.Digest, &m); err != nil {
		return err
	}
	entry := dockerImage{Config: blobName(img.ID)}
	for _, l := range m.Layers {
		entry.Layers = append(entry.Layers, blobName(l.Digest))
	}
	for _, part := range append([]v1.Descriptor{d, m.Config}, m.Layers...) {
		if err := a.blob(part); err != nil {
			return err
		}
	}
	if img.Name != "" {
		entry.RepoTags = []string{img.Name}
		a.repository(img.Name, m.Layers)
	}
	a.index.Manifests = append(a.index.Manifests, d)
	a.merge(entry)
	return nil
}

func (a *saver) repository(image string, layers []v1.Descriptor) {
	colon := strings.LastIndex(image, ":")
	name, tag := image[:colon], image[colon+1:]
	if a.repos[name] == nil {
		a.repos[name] = map[string]string{}
	}
	if len(layers) > 0 {
		a.repos[name][tag] = layers[len(layers)-1].Digest.Hex
	}
}

// merge puts two names of one image into one entry.
func (a *saver) merge(entry dockerImage) {
	for i := range a.docker {
		if a.docker[i].Config == entry.Config {
			a.docker[i].RepoTags = append(a.docker[i].RepoTags, entry.RepoTags...)
			return
		}
	}
	a.docker = append(a.docker, entry)
}

// descriptor names an image for everybody: the name in full for containerd and Docker, the short one for skopeo and us.
func (a *saver) descriptor(img Image) (v1.Descriptor, error) {
	index, err := a.store.index()
	if err != nil {
		return v1.Descriptor{}, err
	}
	for _, d := range index.Manifests {
		if d.Digest == img.Digest {
			d.Annotations = nil
			if img.Name != "" {
				d.Annotations = map[string]string{refName: img.Name, fullName: Full(img.Name)}
			}
			return d, nil
		}
	}
	return v1.Descriptor{}, errors.New("it was removed in the meantime")
}

func blobName(h v1.Hash) string { return "blobs/sha256/" + h.Hex }

func (a *saver) blob(d v1.Descriptor) error {
	if a.done[d.Digest] {
		return nil
	}
	a.done[d.Digest] = true
	f, err := os.Open(a.store.blob(d.Digest))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := a.w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: blobName(d.Digest), Size: d.Size, Mode: 0o644}); err != nil {
		return err
	}
	h, _, err := v1.SHA256(io.TeeReader(f, a.w))
	if err == nil && h != d.Digest {
		err = damaged(d.Digest, fmt.Errorf("its bytes hash to %s", h))
	}
	return err
}

func (a *saver) close() error {
	for _, f := range []struct {
		name    string
		content any
	}{
		{"index.json", a.index}, {"manifest.json", a.docker}, {"oci-layout", map[string]string{"imageLayoutVersion": "1.0.0"}},
		{"repositories", a.repos},
	} {
		data, err := json.Marshal(f.content)
		if err != nil {
			return err
		}
		if err := a.w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: f.name, Size: int64(len(data)), Mode: 0o644}); err != nil {
			return err
		}
		if _, err := a.w.Write(data); err != nil {
			return err
		}
	}
	return a.w.Close()
}
