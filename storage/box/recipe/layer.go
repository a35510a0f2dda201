// This file turns lists of files into layers, and an image into its blobs.
package recipe

import (
	"archive/tar"
	"bytes"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// file is one entry of a layer: a symbolic link when it has a link, a folder when its path ends with a slash, else a file.
type file struct {
	path string
	mode int64
	uid  int // and gid
	body string
	link string
}

// layer packs files as they are listed: a folder stands before what is in it.
func layer(files []file) (v1.Layer, error) {
	var packed bytes.Buffer
	out := tar.NewWriter(&packed)
	for _, f := range files {
		if err := writeFile(out, f); err != nil {
			return nil, err
		}
	}
	if err := out.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithMediaType(types.OCILayer), tarball.WithCompressedCaching)
}

func writeFile(out *tar.Writer, f file) error {
	h := &tar.Header{
		Typeflag: tar.TypeReg, Name: f.path, Linkname: f.link, Mode: f.mode, Uid: f.uid, Gid: f.uid,
		Size: int64(len(f.body)), ModTime: born, Format: tar.FormatUSTAR,
	}
	switch {
	case f.link != "":
		h.Typeflag, h.Mode = tar.TypeSymlink, 0o777
	case f.path[len(f.path)-1] == '/':
		h.Typeflag = tar.TypeDir
	}
	if err := out.WriteHeader(h); err != nil {
		return err
	}
	_, err := io.WriteString(out, f.body)
	return err
}

// writeBlobs writes the manifest, the config and the layers of img, each under its digest.
func writeBlobs(out *tar.Writer, img v1.Image) error {
	digest, err := img.Digest()
	if err != nil {
		return err
	}
	manifest, err := img.RawManifest()
	if err != nil {
		return err
	}
	if err := writeBlob(out, digest, manifest); err != nil {
		return err
	}
	id, err := img.ConfigName()
	if err != nil {
		return err
	}
	config, err := img.RawConfigFile()
	if err != nil {
		return err
	}
	if err := writeBlob(out, id, config); err != nil {
		return err
	}
	layers, err := img.Layers()
	if err != nil {
		return err
	}
	for _, l := range layers {
		if err := writeLayer(out, l); err != nil {
			return err
		}
	}
	return nil
}

func writeLayer(out *tar.Writer, l v1.Layer) error {
	digest, err := l.Digest()
	if err != nil {
		return err
	}
	r, err := l.Compressed()
	if err != nil {
		return err
	}
	defer r.Close()
	body, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return writeBlob(out, digest, body)
}

func writeBlob(out *tar.Writer, h v1.Hash, body []byte) error {
	return writeFile(out, file{path: "blobs/" + h.Algorithm + "/" + h.Hex, mode: 0o644, body: string(body)})
}
