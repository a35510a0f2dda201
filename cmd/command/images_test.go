// This file checks which lines `glassbox images` has for one image.
package command

import (
	"strings"
	"testing"

	api "github.com/moby/moby/api/types/image"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

func TestImageRows(t *testing.T) {
	for _, c := range []struct {
		tags, known string // separated by blanks
		digests     bool
		want        string
	}{
		{"", "", false, "<none> <none> sha256:m"},
		{"app:1 app:2", "app@sha256:a", false, "app 1 sha256:a, app 2 sha256:a"},
		{"host:5000/app:1", "host:5000/app@sha256:a", false, "host:5000/app 1 sha256:a"},
		{"app:1", "app@sha256:a other@sha256:b", false, "app 1 sha256:a, other <none> sha256:b"},
		{"app:1", "app@sha256:a app@sha256:b", false, "app 1 sha256:a"},
		{"app:1", "app@sha256:a app@sha256:b", true, "app 1 sha256:a, app 1 sha256:b"},
	} {
		var lines []string
		s := api.Summary{RepoTags: strings.Fields(c.tags), RepoDigests: strings.Fields(c.known), Descriptor: &ocispec.Descriptor{Digest: "sha256:m"}}
		for _, row := range imageRows(s, c.digests, false) {
			r := row.(imageRow)
			lines = append(lines, r.Repository+" "+r.Tag+" "+r.Digest)
		}
		if got := strings.Join(lines, ", "); got != c.want {
			t.Errorf("%q, %q: %s; want %s", c.tags, c.known, got, c.want)
		}
	}
}
