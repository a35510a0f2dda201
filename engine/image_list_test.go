// This file tests what is told about images, as Docker's API tells it.
package engine

import (
	"slices"
	"strings"
	"testing"

	api "github.com/moby/moby/api/types/image"
)

func images(t *testing.T, e *Engine, filters ...string) []api.Summary {
	t.Helper()
	f, err := ParseFilters(filters, ImageFilters())
	if err != nil {
		t.Fatal(err)
	}
	list, err := e.Images(t.Context(), ImagesRequest{Filters: f})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// An image that has several names is one image; filters choose among its names.
func TestImages(t *testing.T) {
	e := newEngine(t)
	for _, name := range []string{"app:1", "app:2", "other:1"} {
		if err := e.Tag("box", name); err != nil {
			t.Fatal(err)
		}
	}
	list := images(t, e)
	if len(list) != 1 || strings.Join(list[0].RepoTags, " ") != "box:latest app:1 app:2 other:1" || len(list[0].RepoDigests) != 3 {
		t.Fatalf("%+v", list)
	}
	if s := list[0]; s.Size < 1<<20 || s.Containers != notMeasured || s.SharedSize != notMeasured || !strings.HasPrefix(s.RepoDigests[0], "box@"+s.Descriptor.Digest.String()) {
		t.Errorf("%+v", s)
	}
	for filter, want := range map[string]string{
		"reference=app": "app:1 app:2", "reference=*:1": "app:1 other:1", "reference=none": "", "dangling=true": "", "since=box": "",
		"label=org.opencontainers.image.title=box": "box:latest app:1 app:2 other:1", "label!=org.opencontainers.image.title": "",
	} {
		var names []string
		for _, s := range images(t, e, filter) {
			names = append(names, s.RepoTags...)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("%s: %q, want %q", filter, got, want)
		}
	}
	if got := images(t, e, "label=org.opencontainers.image.title", "label=nothing"); len(got) != 0 {
		t.Errorf("with one of two labels: %+v", got)
	}
	if _, err := e.Images(t.Context(), ImagesRequest{Filters: Filters{"before": {"nobody"}}}); err == nil {
		t.Error("made before an image that is not there: no error")
	}
}

// The newest step is the image itself, with its names; of those below it, only traces are known.
func TestImageHistory(t *testing.T) {
	e := newEngine(t)
	if err := e.Tag("box", "app:1"); err != nil {
		t.Fatal(err)
	}
	steps, err := e.ImageHistory(t.Context(), "app:1")
	if err != nil || len(steps) < 2 {
		t.Fatalf("%+v (%v)", steps, err)
	}
	d, err := e.InspectImage(t.Context(), "box")
	if err != nil {
		t.Fatal(err)
	}
	if steps[0].ID != d.ID || !slices.Equal(steps[0].Tags, d.RepoTags) || steps[1].ID != "<missing>" || steps[1].Tags != nil {
		t.Errorf("%+v of %+v", steps, d)
	}
	var sum int64
	for _, step := range steps {
		sum += step.Size
	}
	if sum != d.Size {
		t.Errorf("the steps have %d bytes, the image %d", sum, d.Size)
	}
	if lower := d.GraphDriver.Data["LowerDir"]; len(d.RootFS.Layers) != 2 || strings.Contains(lower, ":") || lower == d.GraphDriver.Data["UpperDir"] {
		t.Errorf("two layers, one above the other: %+v", d.GraphDriver)
	}
	for _, ask := range []func() error{
		func() error { _, err := e.ImageHistory(t.Context(), "nobody"); return err },
		func() error { _, err := e.InspectImage(t.Context(), "nobody"); return err },
	} {
		if err := ask(); err == nil {
			t.Error("an image that is not there: no error")
		}
	}
}
