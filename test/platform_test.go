// This file pulls from an index of two platforms: the image for this machine is chosen, and the other one, when it is asked for,
// has programs that the kernel refuses to execute.
package test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	peers "github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// elsewhere is the beginning of a program for the processor s390x: the kernel reads no more before it refuses.
func elsewhere() []byte {
	header := []byte("\x7fELF\x02\x02\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x16\x00\x00\x00\x01")
	return append(header, make([]byte, 200)...)
}

// imageFor is box's files, as an image for a platform.
func imageFor(t *testing.T, archive []byte, p v1.Platform) v1.Image {
	t.Helper()
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive)), nil })
	if err != nil {
		t.Fatal(err)
	}
	config := &v1.ConfigFile{OS: p.OS, Architecture: p.Architecture, Config: v1.Config{Cmd: []string{"/program"}}}
	img, err := mutate.ConfigFile(empty.Image, config)
	if err == nil {
		img, err = mutate.AppendLayers(img, layer)
	}
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// pushBoth pushes an index of both and returns its name.
func pushBoth(t *testing.T, p place, host string) string {
	t.Helper()
	var all v1.ImageIndex = empty.Index
	for architecture, program := range map[string][]byte{runtime.GOARCH: []byte("#!/bin/sh\necho it runs\n"), "s390x": elsewhere()} {
		p.must("create", "--name", "c"+architecture, "--network", "none", "box", "true")
		file := filepath.Join(t.TempDir(), "program")
		if err := os.WriteFile(file, program, 0o755); err != nil {
			t.Fatal(err)
		}
		p.must("cp", "-q", file, "c"+architecture+":/program")
		platform := v1.Platform{OS: "linux", Architecture: architecture}
		img := imageFor(t, []byte(p.must("export", "c"+architecture)), platform)
		all = mutate.AppendManifests(all, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	tag, err := name.NewTag(host + "/both:1")
	if err == nil {
		err = peers.WriteIndex(tag, all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tag.String()
}

func TestForeignPlatform(t *testing.T) {
	if runtime.GOARCH == "s390x" {
		t.Skip("this is the foreign platform")
	}
	p := newPlace(t)
	ref := pushBoth(t, p, newServer(t, "", "").host)
	if r := p.run("run", "--rm", "--network", "none", ref); r.code != 0 || r.stdout != "it runs\n" || strings.Contains(r.stderr, "WARNING") {
		t.Errorf("the image for this machine: %s", r)
	}
	p.must("pull", "-q", "--platform", "linux/s390x", ref)
	const warning = "WARNING: The requested image's platform (linux/s390x) does not match the detected host platform (linux/" + runtime.GOARCH + ")"
	if r := p.run("run", "--rm", "--network", "none", ref); r.code != 126 || !strings.Contains(r.stderr, warning) || !strings.Contains(r.stderr, "exec format error") {
		t.Errorf("the other one: %s", r)
	}
	asked := p.run("run", "--rm", "--network", "none", "--platform", "linux/s390x", ref)
	if asked.code != 126 || strings.Contains(asked.stderr, warning) || !strings.Contains(asked.stderr, "exec format error") {
		t.Errorf("asked for: %s", asked)
	}
	// A file that belongs to the other platform can be read: it is only a file.
	p.must("create", "--name", "files", "--network", "none", ref)
	lacks(t, p.must("cp", "files:/program", "-"), "\x7fELF")
}
