// This file writes OCI image layouts: one large image of real files, and many small ones that share a layer.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// descriptor is how the image specification points at a blob.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// layer is a blob and the digest of what is packed in it.
type layer struct {
	descriptor
	diffID string
}

type layout struct {
	dir   string
	index []descriptor
}

func (l *layout) blob(mediaType string, data []byte) (descriptor, error) {
	sum := sha256.Sum256(data)
	dir := filepath.Join(l.dir, "blobs", "sha256")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return descriptor{}, err
	}
	d := descriptor{MediaType: "application/vnd.oci.image." + mediaType, Digest: fmt.Sprintf("sha256:%x", sum), Size: len(data)}
	return d, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%x", sum)), data, 0o644)
}

func (l *layout) document(mediaType string, v any) (descriptor, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return descriptor{}, err
	}
	return l.blob(mediaType, data)
}

// layer packs an archive.
func (l *layout) layer(archive []byte) (layer, error) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, err := z.Write(archive)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		return layer{}, err
	}
	d, err := l.blob("layer.v1.tar+gzip", packed.Bytes())
	return layer{d, fmt.Sprintf("sha256:%x", sha256.Sum256(archive))}, err
}

// image adds one of these layers.
func (l *layout) image(name string, layers ...layer) error {
	var blobs []descriptor
	var diffIDs []string
	for _, one := range layers {
		blobs, diffIDs = append(blobs, one.descriptor), append(diffIDs, one.diffID)
	}
	config, err := l.document("config.v1+json", map[string]any{
		"architecture": "amd64", "os": "linux", "created": "2026-11-01T00:00:00Z", "rootfs": map[string]any{"type": "layers", "diff_ids": diffIDs},
		"config": map[string]any{"Cmd": []string{"sh"}, "Env": []string{"PATH=/usr/bin:/bin"}, "Labels": map[string]string{"name": name}},
	})
	if err != nil {
		return err
	}
	d, err := l.document("manifest.v1+json", map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": blobs})
	d.Annotations = map[string]string{"org.opencontainers.image.ref.name": name}
	l.index = append(l.index, d)
	return err
}

func (l *layout) finish() error {
	data, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": l.index})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(l.dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(l.dir, "index.json"), data, 0o644)
}

func manyImages(dir string, n int) error {
	l := &layout{dir: dir}
	shared, err := l.layer(make([]byte, 1024)) // an archive of nothing: two empty blocks
	for i := range n {
		if err == nil {
			err = l.image(fmt.Sprintf("image%d:latest", i), shared)
		}
	}
	if err != nil {
		return err
	}
	return l.finish()
}

// bigImage takes Go's own sources and programs, which are wherever this can be built: they are large and small, and pack well and
// badly, as an image's files do. Where there are not enough they come again in another directory.
func bigImage(dir string, layers int, size int64) error {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("ask for Go's directory: %w", err)
	}
	l := &layout{dir: dir}
	p := &packing{layout: l, each: size / int64(layers)}
	p.tar = tar.NewWriter(&p.archive)
	for copy := 0; len(p.done) < layers && err == nil; copy++ {
		err = filepath.WalkDir(strings.TrimSpace(string(root)), func(path string, e fs.DirEntry, err error) error {
			if err == nil && len(p.done) < layers && e.Type().IsRegular() {
				err = p.add(path, fmt.Sprint(copy, path))
			}
			return err
		})
	}
	if err == nil {
		err = l.image("big", p.done...)
	}
	if err != nil {
		return err
	}
	return l.finish()
}

// packing fills one layer after the other.
type packing struct {
	layout  *layout
	each    int64
	archive bytes.Buffer
	tar     *tar.Writer
	done    []layer
}

func (p *packing) add(path, name string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := p.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: int64(info.Mode().Perm()), Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	if _, err := io.Copy(p.tar, f); err != nil {
		return err
	}
	if int64(p.archive.Len()) < p.each {
		return nil
	}
	if err := p.tar.Close(); err != nil {
		return err
	}
	full, err := p.layout.layer(p.archive.Bytes())
	p.done = append(p.done, full)
	p.archive.Reset()
	p.tar = tar.NewWriter(&p.archive)
	return err
}
