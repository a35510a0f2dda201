// This file copies images into the store from a tar archive: an OCI image layout, as skopeo, umoci and buildx write it, what
// `docker save` writes, or both in one, as Docker does since its version 25. The embedded image comes this way, too.
//
// An archive is a stream, and often says at its end what the files at its beginning are. So every file that may be part of an
// image becomes a blob on the way, under the hash of its bytes; those that no image asks for are collected later.
package storage

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/explain"
)

// Loaded is an image that came out of an archive.
type Loaded struct {
	Name string // empty: it has none
	ID   v1.Hash
}

// Load copies all images of an archive into the store, unpacks their layers and then names them: what can not be unpacked gets
// no name, and its blobs are removed again. The archive may be compressed.
func (s *Store) Load(packed io.Reader, l explain.Listener) ([]Loaded, error) {
	copied := &made{store: s}
	list, err := s.loadInto(copied, packed, l)
	if err != nil {
		return list, errors.Join(fmt.Errorf("load images: %w", err), copied.discard())
	}
	return list, nil
}

func (s *Store) loadInto(copied *made, packed io.Reader, l explain.Listener) ([]Loaded, error) {
	release, err := s.hold()
	if err != nil {
		return nil, err
	}
	defer release()
	plain, _, err := s.Codecs.Decompress(packed)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	found, err := s.copyIn(plain, copied)
	if err != nil {
		return nil, err
	}
	var list []Loaded
	for _, d := range found {
		img, err := s.adopt(d, l)
		if err != nil {
			return list, fmt.Errorf("%s: %w", nameOr(d), err)
		}
		list = append(list, Loaded{Name: nameOf(d), ID: img.ID})
	}
	return list, nil
}

// adopt unpacks an image whose blobs are there, and names it as its descriptor says.
func (s *Store) adopt(d v1.Descriptor, l explain.Listener) (Image, error) {
	img, err := s.image(d)
	if err != nil {
		return img, err
	}
	if err := (&explain.Runner{Listener: l}).Run(UnpackPlan(img)...); err != nil {
		return img, err
	}
	return img, s.name(d, nameOf(d))
}

// load is Load for the embedded image, which is unpacked when it is used. Needs the lock of the store.
func (s *Store) load(archive io.Reader) error {
	copied := &made{store: s}
	found, err := s.copyIn(archive, copied)
	if err == nil {
		err = s.putNames(found)
	}
	if err != nil {
		return errors.Join(err, copied.discardLocked())
	}
	return nil
}

// loader is an archive that is being read.
type loader struct {
	store  *Store
	made   *made
	index  v1.IndexManifest         // index.json of an OCI image layout
	docker []dockerImage            // manifest.json of docker save
	files  map[string]v1.Descriptor // other files, which are blobs by now
	links  map[string]string        // names that mean others: layers that two images have
}

// copyIn makes blobs of all that an archive holds, and returns the manifests of the images that are complete, with their names.
func (s *Store) copyIn(archive io.Reader, copied *made) ([]v1.Descriptor, error) {
	l := &loader{store: s, made: copied, files: map[string]v1.Descriptor{}, links: map[string]string{}}
	r := tar.NewReader(archive)
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return l.images()
		}
		if err != nil {
			return nil, fmt.Errorf("read the archive: %w", err)
		}
		if err := l.entry(h, r); err != nil {
			return nil, fmt.Errorf("copy %s: %w", h.Name, err)
		}
	}
}

func (l *loader) entry(h *tar.Header, data io.Reader) error {
	name := path.Clean(h.Name)
	switch {
	case h.Typeflag == tar.TypeSymlink:
		l.links[name] = path.Join(path.Dir(name), h.Linkname)
	case h.Typeflag == tar.TypeLink:
		l.links[name] = path.Clean(h.Linkname)
	case h.Typeflag != tar.TypeReg:
	case name == "index.json":
		return decode(data, &l.index)
	case name == "manifest.json":
		return decode(data, &l.docker)
	case strings.HasPrefix(name, "blobs/sha256/"):
		h := v1.Hash{Algorithm: "sha256", Hex: path.Base(name)}
		l.made.note(h)
		return l.store.putBlob(h, data)
	case strings.HasSuffix(name, ".tar"), strings.HasSuffix(name, ".json"):
		return l.keep(name, data)
	}
	return nil
}

func decode(r io.Reader, into any) error {
	return json.NewDecoder(io.LimitReader(r, maxDocument)).Decode(into)
}

// keep makes a blob of a file whose name does not say its digest.
func (l *loader) keep(name string, data io.Reader) error {
	w, err := l.store.newBlob()
	if err != nil {
		return err
	}
	defer w.close()
	if _, err := io.Copy(w, data); err != nil {
		return err
	}
	l.made.noteWritten(w)
	l.files[name], err = w.commit("")
	return err
}

// images prefers the manifests of the layout, which have digests, to those that have to be made.
func (l *loader) images() ([]v1.Descriptor, error) {
	var found []v1.Descriptor
	for _, d := range l.index.Manifests {
		list, err := l.fromLayout(d)
		if err != nil {
			return nil, err
		}
		found = append(found, list...)
	}
	if len(found) > 0 {
		return found, nil
	}
	for _, image := range l.docker {
		list, err := l.fromDocker(image)
		if err != nil {
			return nil, err
		}
		found = append(found, list...)
	}
	if len(found) == 0 {
		return nil, errors.New("the archive has neither index.json nor manifest.json with an image in it: 'docker save' and 'skopeo copy … oci-archive:' write such archives, and 'glassbox import' takes plain file systems")
	}
	return found, nil
}
