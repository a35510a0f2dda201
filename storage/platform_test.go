// These tests pull from an index of several platforms.
package storage

import (
	"context"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	peers "github.com/google/go-containerregistry/pkg/v1/remote"

	"glassbox/storage/registry/client"
)

// serveIndex pushes an index with an image for this machine and one for s390x.
func serveIndex(t *testing.T, ref Reference) (index v1.Hash) {
	t.Helper()
	var all v1.ImageIndex = empty.Index
	for _, architecture := range []string{"s390x", runtime.GOARCH} {
		img, err := random.Image(100, 1)
		if err != nil {
			t.Fatal(err)
		}
		platform := v1.Platform{OS: "linux", Architecture: architecture}
		if img, err = mutate.ConfigFile(img, configFor(t, img, platform)); err != nil {
			t.Fatal(err)
		}
		all = mutate.AppendManifests(all, mutate.IndexAddendum{Add: img, Descriptor: v1.Descriptor{Platform: &platform}})
	}
	tag, err := name.NewTag(ref.String())
	if err == nil {
		err = peers.WriteIndex(tag, all)
	}
	if err != nil {
		t.Fatal(err)
	}
	if index, err = all.Digest(); err != nil {
		t.Fatal(err)
	}
	return index
}

func configFor(t *testing.T, img v1.Image, p v1.Platform) *v1.ConfigFile {
	t.Helper()
	config, err := img.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = p.OS, p.Architecture
	return config
}

func TestPullChoosesThePlatform(t *testing.T) {
	_, ref, _ := serve(t)
	ref.Repository = "many"
	index := serveIndex(t, ref)
	s := newStore(t)
	pulled, err := s.Pull(context.Background(), PullRequest{Client: client.HTTP{}, Ref: ref})
	if err != nil || pulled.Digest != index {
		t.Fatalf("%v %v, want %s", pulled, err, index)
	}
	ours := mustImage(t, s, ref.String())
	if ours.Config.Architecture != runtime.GOARCH || ours.Remote != index || mustImage(t, s, index.String()).ID != ours.ID {
		t.Errorf("%+v", ours)
	}
	if _, err := s.Pull(context.Background(), PullRequest{Client: client.HTTP{}, Ref: ref, Platform: "linux/s390x"}); err != nil {
		t.Fatal(err)
	}
	if other := mustImage(t, s, ref.String()); other.Config.Architecture != "s390x" || !other.For("linux/s390x") || other.For("linux/"+runtime.GOARCH) {
		t.Errorf("%+v", other.Config.Platform())
	}
	_, err = s.Pull(context.Background(), PullRequest{Client: client.HTTP{}, Ref: ref, Platform: "linux/riscv64"})
	if err == nil || !strings.Contains(err.Error(), "no matching manifest for linux/riscv64") || !strings.Contains(err.Error(), "linux/s390x") {
		t.Error(err)
	}
}

// A mirror is asked first, and the registry itself when the mirror has nothing.
func TestMirror(t *testing.T) {
	f, ref, want := serve(t)
	s := newStore(t)
	mirrored := ref
	mirrored.Registry = "127.0.0.1:1" // where nobody is
	config := PullRequest{Client: client.HTTP{}, Ref: mirrored}
	config.Registries.Mirrors = map[string][]string{"127.0.0.1:1": {"127.0.0.1:2", ref.Registry}}
	if _, err := s.Pull(context.Background(), config); err != nil {
		t.Fatal(err)
	}
	if mustImage(t, s, mirrored.String()).ID != want.ID || f.asked[want.Layers[0].Digest.Hex] != 1 {
		t.Error("it did not come from the mirror")
	}
}

func TestParseReference(t *testing.T) {
	digest := "sha256:" + strings.Repeat("a", 64)
	for in, want := range map[string]string{
		"alpine": "docker.io/library/alpine:latest", "me/app:1.0": "docker.io/me/app:1.0", "localhost/app": "localhost/app:latest",
		"127.0.0.1:5000/a/b": "127.0.0.1:5000/a/b:latest", "alpine@" + digest: "docker.io/library/alpine@" + digest,
		"a.b/c:d@" + digest: "a.b/c:d@" + digest, "Alpine": "", "a:b:c": "", "a//b": "", "a:": "", "a@sha256:12": "", "-a": "",
	} {
		got, err := ParseReference(in)
		if want == "" && err == nil || want != "" && (err != nil || got.String() != want) {
			t.Errorf("%s is %s (%v), want %s", in, got, err, want)
		}
	}
}
