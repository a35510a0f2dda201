// These tests translate deletions from the language of layers into that of overlayfs.
package archive

import (
	"archive/tar"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

func TestWhiteouts(t *testing.T) {
	testkit.Need(t, testkit.Root())
	const opaque = ` trusted.overlay.opaque="y"`
	for name, c := range map[string]struct {
		entries []*tar.Header
		want    string // in what describe says of the tree
		not     string
	}{
		"deleted":                      {[]*tar.Header{file(".wh.a")}, "/a 20000 0:0 0 0:0", ".wh."},
		"opaque":                       {[]*tar.Header{dir("d"), file("d/.wh..wh..opq"), file("d/x")}, "/d 40755 0:0 0" + opaque, ".wh."},
		"opaque, not listed":           {[]*tar.Header{file("d/.wh..wh..opq")}, opaque, ".wh."},
		"deleted and a new folder":     {[]*tar.Header{file(".wh.d"), dir("d"), file("d/x")}, "/d 40755 0:0 0" + opaque, "20000"},
		"a new folder and deleted":     {[]*tar.Header{dir("d"), file("d/x"), file(".wh.d")}, "/d 40755 0:0 0" + opaque, "20000"},
		"deleted and a file in it":     {[]*tar.Header{file(".wh.d"), file("d/x")}, opaque, "20000"},
		"deleted and a new file":       {[]*tar.Header{file(".wh.f"), file("f")}, `/f 100644 0:0 0 3 "xxx"`, "20000"},
		"a new file and deleted":       {[]*tar.Header{file("f"), file(".wh.f")}, `/f 100644 0:0 0 3 "xxx"`, "20000"},
		"bookkeeping of AUFS":          {[]*tar.Header{dir(".wh..wh.plnk"), file(".wh..wh.aufs"), file("f")}, "/f", ".wh."},
		"marks of another machine":     {[]*tar.Header{marked("d", "trusted.overlay.opaque"), marked("e", "user.overlay.redirect")}, "/d 40755", "overlay"},
		"an attribute that may travel": {[]*tar.Header{marked("d", "user.colour")}, `user.colour="y"`, "overlay"},
	} {
		tree, err := unpackInto(t, packed(t, c.entries...), Options{Layer: true})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := describe(t, tree); !strings.Contains(got, c.want) || strings.Contains(got, c.not) {
			t.Errorf("%s: want %q, not %q:\n%s", name, c.want, c.not, got)
		}
	}
	tree, err := unpackInto(t, packed(t, dir("d"), file("d/.wh..wh..opq")), Options{Layer: true, Rootless: true})
	if err != nil || !strings.Contains(describe(t, tree), "user.overlay.opaque") {
		t.Errorf("rootless (%v):\n%s", err, describe(t, tree))
	}
	// What is no layer has no whiteouts: they are files.
	tree, err = unpackInto(t, packed(t, file(".wh.a"), file("a"), file("a")), Options{})
	if err != nil || !strings.Contains(describe(t, tree), "/.wh.a 100644") {
		t.Errorf("no layer (%v):\n%s", err, describe(t, tree))
	}
}

func marked(name, attribute string) *tar.Header {
	h := dir(name)
	h.PAXRecords = map[string]string{xattrRecord + attribute: "y"}
	return h
}
