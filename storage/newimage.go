// This file makes images: of a container (commit), of a plain file system in an archive (import). Whatever makes the layer, the
// rest is the same: hash it on both sides of the compression, add it to a config, write a manifest, give it a name.
package storage

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"runtime"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"glassbox/explain"
)

// Draft is an image that is being made. Its fields are filled in by the steps that make it.
type Draft struct {
	Base    Image // on which it stands; the zero Image: on nothing
	Config  v1.ConfigFile
	History v1.History // of the new layer
	Name    string     // empty: it has none

	ID v1.Hash // when it is done

	store   *Store
	made    *made
	layers  []v1.Descriptor
	release func() // of the hold, without which the blobs could be collected before the image has a name
	named   bool
}

// NewDraft begins an image upon another one, or on nothing: the zero Image. Close has to follow.
func (s *Store) NewDraft(base Image, name string) (*Draft, error) {
	d := &Draft{Base: base, Name: name, store: s, made: &made{store: s}, Config: *base.Config.DeepCopy()}
	if name != "" {
		if err := checkReference(name); err != nil {
			return nil, err
		}
	}
	if base.Digest == (v1.Hash{}) {
		d.Config = v1.ConfigFile{Architecture: runtime.GOARCH, OS: "linux", RootFS: v1.RootFS{Type: "layers"}}
	} else {
		var m v1.Manifest
		if err := s.document(base.Digest, &m); err != nil {
			return nil, fmt.Errorf("read the image %s: %w", base.Name, err)
		}
		d.layers = m.Layers
	}
	var err error
	d.release, err = s.hold()
	return d, err
}

// Close ends the making. If the image has no name by then, what was made for it is removed.
func (d *Draft) Close() error {
	d.release()
	if d.named {
		return nil
	}
	return d.made.discard()
}

// addLayer compresses what write writes: with gzip, for every program reads it.
func (d *Draft) addLayer(write func(io.Writer) error) error {
	blob, err := d.store.newBlob()
	if err != nil {
		return err
	}
	defer blob.close()
	z, err := d.store.Codecs.Pack(blob)
	if err != nil {
		return err
	}
	sum := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(sum, z), 256<<10)
	if err := write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	d.made.noteWritten(blob)
	layer, err := blob.commit(types.OCILayer)
	if err != nil {
		return err
	}
	d.layers = append(d.layers, layer)
	d.Config.RootFS.DiffIDs = append(d.Config.RootFS.DiffIDs, v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// finish writes config and manifest, and returns the manifest with the name that it will have.
func (d *Draft) finish() (v1.Descriptor, error) {
	d.Config.Created = d.History.Created
	d.Config.History = append(d.Config.History, d.History)
	config, err := d.put(types.OCIConfigJSON, d.Config)
	if err != nil {
		return v1.Descriptor{}, err
	}
	d.ID = config.Digest
	manifest, err := d.put(types.OCIManifestSchema1, v1.Manifest{
		SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: config, Layers: d.layers,
	})
	if d.Name != "" {
		manifest = withNames(manifest, []string{d.Name})[0]
	}
	return manifest, err
}

func (d *Draft) put(kind types.MediaType, document any) (v1.Descriptor, error) {
	data, err := json.Marshal(document)
	if err != nil {
		return v1.Descriptor{}, err
	}
	d.made.noteBytes(data)
	return d.store.putBytes(kind, data)
}

// Import makes an image of one layer out of the archive of a file system. It gets its name when that could be unpacked.
func (d *Draft) Import(packed io.Reader, l explain.Listener) error {
	plain, _, err := d.store.Codecs.Decompress(packed)
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	defer plain.Close()
	if err := d.addLayer(func(w io.Writer) error { _, err := io.Copy(w, plain); return err }); err != nil {
		return fmt.Errorf("import: %w", err)
	}
	manifest, err := d.finish()
	if err == nil {
		_, err = d.store.adopt(manifest, l)
	}
	if err != nil {
		return fmt.Errorf("import: %w", err)
	}
	d.named = true
	return nil
}
