// This file measures what users wait for: go test -exec sudo -run '^$' -bench . ./storage
package storage

import (
	"fmt"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/explain"
)

// What every `run` pays for the image: index, manifest, config, and the short names of the layers.
func BenchmarkImage(b *testing.B) {
	s := newStore(b)
	mustRun(b, UnpackPlan(mustImage(b, s, "box")))
	for b.Loop() {
		if !mustImage(b, openStore(b, s.root, boxArchive(b)), "box").Layers[1].Unpacked {
			b.Fatal("not warm")
		}
	}
}

// What a second container of an image costs the storage: to find the image, and to mount its layers. The unmounting is not counted.
func BenchmarkSecondContainer(b *testing.B) {
	s := newStore(b)
	mustRun(b, UnpackPlan(mustImage(b, s, "box")))
	n := 0
	for b.Loop() {
		n++
		r := &explain.Runner{}
		if err := r.Run(MountPlan(mustImage(b, s, "box"), s.Dirs(fmt.Sprint(n)))...); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		if err := r.Rollback(); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}

// What `images` waits for when there are a thousand, each with its own config and manifest.
func BenchmarkThousandImages(b *testing.B) {
	s := newStore(b)
	addCopies(b, s, mustImage(b, s, "box"), 1000)
	for b.Loop() {
		list, err := s.Images()
		if err != nil || len(list) != 1001 {
			b.Fatalf("%d images, %v", len(list), err)
		}
	}
}

// addCopies makes images that differ in a label from one that is there.
func addCopies(t testing.TB, s *Store, img Image, n int) {
	t.Helper()
	var m v1.Manifest
	if err := s.document(img.Digest, &m); err != nil {
		t.Fatal(err)
	}
	var names []v1.Descriptor
	for i := range n {
		config := *img.Config.DeepCopy()
		config.Config.Labels = map[string]string{"n": fmt.Sprint(i)}
		m.Config = addBlob(t, s, jsonOf(t, config), m.Config.MediaType)
		d := addBlob(t, s, jsonOf(t, m), img.MediaType)
		d.Annotations = map[string]string{refName: fmt.Sprintf("copy%d:latest", i)}
		names = append(names, d)
	}
	if err := s.putNames(names); err != nil {
		t.Fatal(err)
	}
}
