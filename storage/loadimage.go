// This file finds the images in an archive whose files are blobs by now.
package storage

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"glassbox/storage/archive"
)

// dockerImage is an entry of manifest.json. Paths are names of the archive.
type dockerImage struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// fromLayout takes an image of an OCI image layout; of one for several platforms, that for this machine.
func (l *loader) fromLayout(d v1.Descriptor) ([]v1.Descriptor, error) {
	switch {
	case d.MediaType.IsIndex():
		one, err := l.forThisMachine(d)
		if err != nil {
			return nil, err
		}
		one.Annotations = d.Annotations
		d = one
	case !d.MediaType.IsImage():
		return nil, nil // an artifact: a signature, a list of parts
	}
	if err := l.store.checkComplete(d); err != nil {
		return nil, err
	}
	names, err := l.namesOf(d)
	if err != nil || len(names) == 0 {
		return []v1.Descriptor{d}, err
	}
	return withNames(d, names), nil
}

func (l *loader) forThisMachine(d v1.Descriptor) (v1.Descriptor, error) {
	var list v1.IndexManifest
	if err := l.store.document(d.Digest, &list); err != nil {
		return v1.Descriptor{}, err
	}
	for _, m := range list.Manifests {
		if m.MediaType.IsImage() && (m.Platform == nil || m.Platform.OS == "linux" && m.Platform.Architecture == runtime.GOARCH) {
			return m, nil
		}
	}
	return v1.Descriptor{}, fmt.Errorf("%s has no image for linux/%s", nameOf(d), runtime.GOARCH)
}

// namesOf finds the names of an image: those that containerd and Docker give in full, then those of manifest.json. Without them
// the layout's own name stays, which for some tools is but a tag.
func (l *loader) namesOf(d v1.Descriptor) ([]string, error) {
	if full := d.Annotations[fullName]; full != "" {
		return []string{full}, nil
	}
	var m v1.Manifest
	if err := l.store.document(d.Digest, &m); err != nil {
		return nil, err
	}
	for _, image := range l.docker {
		if config, err := l.find(image.Config); err == nil && config.Digest == m.Config.Digest {
			return image.RepoTags, nil
		}
	}
	return nil, nil
}

func withNames(d v1.Descriptor, names []string) []v1.Descriptor {
	if len(names) == 0 {
		return []v1.Descriptor{d}
	}
	list := make([]v1.Descriptor, len(names))
	for i, name := range names {
		list[i] = d
		list[i].Annotations = maps.Clone(d.Annotations)
		if list[i].Annotations == nil {
			list[i].Annotations = map[string]string{}
		}
		list[i].Annotations[refName], list[i].Annotations[fullName] = Familiar(name), Full(name)
	}
	return list
}

// fromDocker makes a manifest for an image of docker save, which has none.
func (l *loader) fromDocker(image dockerImage) ([]v1.Descriptor, error) {
	config, err := l.find(image.Config)
	if err != nil {
		return nil, err
	}
	var file v1.ConfigFile
	if err := l.store.document(config.Digest, &file); err != nil {
		return nil, err
	}
	if len(image.Layers) != len(file.RootFS.DiffIDs) {
		return nil, fmt.Errorf("manifest.json has %d layers, the config %s %d", len(image.Layers), image.Config, len(file.RootFS.DiffIDs))
	}
	config.MediaType = types.OCIConfigJSON
	m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: config}
	for i, name := range image.Layers {
		layer, err := l.layer(name, file.RootFS.DiffIDs[i])
		if err != nil {
			return nil, err
		}
		m.Layers = append(m.Layers, layer)
	}
	data, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	l.made.noteBytes(data)
	d, err := l.store.putBytes(m.MediaType, data)
	return withNames(d, image.RepoTags), err
}

// layer checks what can be without unpacking: the digest of a plain archive is its diffID.
func (l *loader) layer(name string, diffID v1.Hash) (v1.Descriptor, error) {
	d, err := l.find(name)
	if err != nil {
		return d, err
	}
	f, err := os.Open(l.store.blob(d.Digest))
	if err != nil {
		return d, err
	}
	defer f.Close()
	kind, err := archive.Detect(bufio.NewReader(f))
	if err != nil {
		return d, fmt.Errorf("%s: %w", name, err)
	}
	d.MediaType = layerType(kind)
	if kind == archive.Plain && d.Digest != diffID {
		return d, damaged(diffID, fmt.Errorf("%s hashes to %s", name, d.Digest))
	}
	return d, nil
}

func layerType(kind archive.Compression) types.MediaType {
	switch kind {
	case archive.Gzip:
		return types.OCILayer
	case archive.Zstd:
		return types.OCILayerZStd
	}
	return types.OCIUncompressedLayer
}

// find is the blob that a name of the archive means.
func (l *loader) find(name string) (v1.Descriptor, error) {
	name = path.Clean(name)
	if target, ok := l.links[name]; ok {
		name = target
	}
	if d, ok := l.files[name]; ok {
		return d, nil
	}
	d := v1.Descriptor{Digest: v1.Hash{Algorithm: "sha256", Hex: path.Base(name)}}
	if path.Dir(name) == "blobs/sha256" && checkAlgorithm(d.Digest) == nil {
		info, err := os.Stat(l.store.blob(d.Digest))
		if err == nil {
			d.Size = info.Size()
			return d, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return d, err
		}
	}
	return d, fmt.Errorf("the archive lacks %q, which manifest.json names", name)
}
