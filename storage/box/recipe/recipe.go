// Package recipe makes the image "box" from Debian's package busybox-static. The same package gives the same bytes: every
// time in it is one constant, every list is in a fixed order. It is linked into the program storage/box/build and into tests.
//
//	package.go   what is taken from the package
//	files.go     which files the image has
//	layer.go     files -> layers of a tar archive
//	recipe.go    layers -> an OCI image layout (this file)
package recipe

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"glassbox/storage/box"
)

// born is the time of everything in the image, so that its digest does not depend on when it was made.
var born = time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)

// Write writes the image made of p as a tar archive of an OCI image layout.
func Write(w io.Writer, p Package) error {
	img, err := image(p)
	if err != nil {
		return fmt.Errorf("make the image: %w", err)
	}
	if err := writeLayout(w, img); err != nil {
		return fmt.Errorf("write the image: %w", err)
	}
	return nil
}

func image(p Package) (v1.Image, error) {
	img := mutate.MediaType(empty.Image, types.OCIManifestSchema1)
	img = mutate.ConfigMediaType(img, types.OCIConfigJSON)
	img, err := mutate.ConfigFile(img, config(p))
	if err != nil {
		return nil, err
	}
	for _, part := range []struct {
		files []file
		by    string
	}{
		{system(p), "busybox " + p.Version + ": programs, accounts and folders"},
		{extras(), "a page for httpd in /www, and a README"},
	} {
		layer, err := layer(part.files)
		if err != nil {
			return nil, err
		}
		history := v1.History{Created: v1.Time{Time: born}, CreatedBy: part.by}
		if img, err = mutate.Append(img, mutate.Addendum{Layer: layer, History: history, MediaType: types.OCILayer}); err != nil {
			return nil, err
		}
	}
	return img, nil
}

// config says how to run the image.
func config(p Package) *v1.ConfigFile {
	return &v1.ConfigFile{
		Architecture: runtime.GOARCH,
		OS:           "linux",
		Created:      v1.Time{Time: born},
		RootFS:       v1.RootFS{Type: "layers"},
		Config: v1.Config{
			Cmd:        []string{"sh"},
			Env:        []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
			WorkingDir: "/",
			Labels: map[string]string{
				"org.opencontainers.image.title":       "box",
				"org.opencontainers.image.description": "busybox and the files that a small system needs",
				"org.opencontainers.image.version":     p.Version,
				"org.opencontainers.image.licenses":    "GPL-2.0-only",
			},
		},
	}
}

// writeLayout writes the names of the image first and its blobs after them: a reader of the stream knows early what comes.
func writeLayout(w io.Writer, img v1.Image) error {
	d, err := partial.Descriptor(img)
	if err != nil {
		return err
	}
	d.Platform = &v1.Platform{OS: "linux", Architecture: runtime.GOARCH}
	d.Annotations = map[string]string{"org.opencontainers.image.ref.name": box.Name}
	d.ArtifactType = "" // it is an image, nothing else
	index, err := json.Marshal(v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{*d}})
	if err != nil {
		return err
	}
	out := tar.NewWriter(w)
	for _, f := range []file{
		{path: "oci-layout", mode: 0o644, body: `{"imageLayoutVersion":"1.0.0"}`},
		{path: "index.json", mode: 0o644, body: string(index)},
	} {
		if err := writeFile(out, f); err != nil {
			return err
		}
	}
	if err := writeBlobs(out, img); err != nil {
		return err
	}
	return out.Close()
}
