// This file makes an image that has something at the place where a volume will be mounted.
package test

import (
	"archive/tar"
	"bytes"
	"io"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

const refName = "org.opencontainers.image.ref.name"

// dataFiles are what the image has in /data: an owner of its own, set-user-ID, links of both kinds, an attribute, a FIFO.
func dataFiles() []tar.Header {
	return []tar.Header{
		{Typeflag: tar.TypeDir, Name: "data/", Mode: 0o2750, Uid: 1234, Gid: 56},
		{Typeflag: tar.TypeReg, Name: "data/first", Mode: 0o4755, Uid: 7, Gid: 8, Size: 6, PAXRecords: map[string]string{"SCHILY.xattr.user.note": "kept"}},
		{Typeflag: tar.TypeLink, Name: "data/second", Linkname: "data/first"},
		{Typeflag: tar.TypeSymlink, Name: "data/link", Linkname: "/etc/passwd"},
		{Typeflag: tar.TypeDir, Name: "data/deep/", Mode: 0o700},
		{Typeflag: tar.TypeFifo, Name: "data/deep/pipe", Mode: 0o620},
	}
}

func archiveOf(t *testing.T, headers []tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range headers {
		must(t, w.WriteHeader(&h))
		if h.Size > 0 {
			_, err := io.WriteString(w, "older\n"[:h.Size])
			must(t, err)
		}
	}
	must(t, w.Close())
	return b.Bytes()
}

// addDataImage puts the image "data" into the place's store: box with the files above, and VOLUME /data.
func (p place) addDataImage(t *testing.T) {
	t.Helper()
	p.must("run", "--rm", "--network", "none", "box", "true") // box is copied in when it is first asked for
	store, err := layout.FromPath(p.root)
	must(t, err)
	box := p.findBox(t, store)
	text := archiveOf(t, dataFiles())
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil })
	must(t, err)
	image, err := mutate.AppendLayers(box, layer)
	must(t, err)
	config, err := image.ConfigFile()
	must(t, err)
	config = config.DeepCopy()
	config.Config.Volumes = map[string]struct{}{"/data": {}}
	image, err = mutate.ConfigFile(image, config)
	must(t, err)
	must(t, store.AppendImage(image, layout.WithAnnotations(map[string]string{refName: "data:latest"})))
}

func (p place) findBox(t *testing.T, store layout.Path) v1.Image {
	t.Helper()
	index, err := store.ImageIndex()
	must(t, err)
	manifest, err := index.IndexManifest()
	must(t, err)
	for _, d := range manifest.Manifests {
		if d.MediaType.IsImage() {
			image, err := store.Image(d.Digest)
			must(t, err)
			return image
		}
	}
	t.Fatalf("no image in %s", filepath.Join(p.root, "index.json"))
	return nil
}
