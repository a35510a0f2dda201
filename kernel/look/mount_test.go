// This file checks what is said of mounts and overlays, from recorded text and from mounts in a namespace of their own.
package look

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParseMounts(t *testing.T) {
	const text = `27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,discard
36 27 98:0 /a\040b /mnt\011x rw,noatime master:1 propagate_from:2 - ext3 /dev/my\134root rw,errors=continue
37 27 0:40 / /plain ro - tmpfs none ro
`
	want := []Mount{
		{27, 1, 254, 1, "/", "/", "rw,relatime", "shared:1", "ext4", "/dev/vda1", "rw,discard"},
		{36, 27, 98, 0, "/a b", "/mnt\tx", "rw,noatime", "master:1 propagate_from:2", "ext3", `/dev/my\root`, "rw,errors=continue"},
		{37, 27, 0, 40, "/", "/plain", "ro", "private", "tmpfs", "none", "ro"},
	}
	got, err := ParseMounts(text)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("error %v\n got %+v\nwant %+v", err, got, want)
	}
	for _, bad := range []string{"27 1 254:1 / /", "x 1 254:1 / / rw - ext4 a rw", "27 1 254 / / rw - ext4 a rw"} {
		if _, err := ParseMounts(bad); err == nil {
			t.Errorf("%q passed as a mount", bad)
		}
	}
}

// A mount hides what was mounted below it before; the later one on the same point hides the earlier.
func TestCovering(t *testing.T) {
	mounts, err := ParseMounts(`27 1 254:1 / / rw - ext4 root rw
28 27 0:1 / /a rw - tmpfs a rw
29 28 0:2 / /a/b rw - tmpfs hidden-by-a2 rw
30 28 0:3 / /a rw - tmpfs a2 rw
31 27 0:4 / /ab rw - tmpfs ab rw
`)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"/": "root", "/a": "a2", "/a/b/c": "a2", "/ab/x": "ab", "/abc": "root", "/a/../ab": "ab"} {
		if m, ok := Covering(mounts, path); !ok || m.Source != want {
			t.Errorf("%s is on %q, want %q", path, m.Source, want)
		}
	}
}

func TestOverlayOptions(t *testing.T) {
	for _, c := range []struct {
		options string
		want    Layers
	}{
		{"rw,lowerdir=/l2:/l1,upperdir=/u,workdir=/w,uuid=on", Layers{Lower: []string{"/l2", "/l1"}, Upper: "/u", Work: "/w"}},
		{"ro,lowerdir=/only", Layers{Lower: []string{"/only"}}},
		{`rw,lowerdir=a\134:b:/c\134\054d,upperdir=/e\040f\134:g,workdir=/w`,
			Layers{Lower: []string{"a:b", "/c,d"}, Upper: "/e f:g", Work: "/w"}},
		{`rw,lowerdir+=/a:b,lowerdir+=/c\054d,datadir+=/d,upperdir=/u,workdir=/w`,
			Layers{Lower: []string{"/a:b", "/c,d"}, Data: []string{"/d"}, Upper: "/u", Work: "/w"}},
	} {
		got, ok := Overlay(Mount{FSType: "overlay", SuperOptions: c.options})
		if !ok || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s\n got %+v\nwant %+v", c.options, got, c.want)
		}
	}
	if _, ok := Overlay(Mount{FSType: "tmpfs", SuperOptions: "rw,lowerdir=/l"}); ok {
		t.Error("a tmpfs passed as an overlay")
	}
}

func TestOverlayOfAProcess(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"low er", "low:er2", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// On a tmpfs, for the upper directory may not lie on an overlay, on which the tests themselves may run.
	script := strings.ReplaceAll(`mount -t tmpfs tmpfs DIR/upper && mkdir DIR/upper/u DIR/upper/w &&
mount -t overlay overlay -o 'lowerdir=DIR/low er:DIR/low\:er2,upperdir=DIR/upper/u,workdir=DIR/upper/w' DIR/merged || exit 1`, "DIR", dir)
	pid := inside(t, "--mount", script)
	m, err := MountAt(pid, dir+"/merged/some/file")
	if err != nil {
		t.Fatal(err)
	}
	l, ok := Overlay(m)
	want := Layers{Lower: []string{dir + "/low er", dir + "/low:er2"}, Upper: dir + "/upper/u", Work: dir + "/upper/w"}
	if !ok || !reflect.DeepEqual(l, want) {
		t.Errorf("overlay %v\n got %+v\nwant %+v", ok, l, want)
	}
	if m, err := MountAt(os.Getpid(), dir+"/merged/some/file"); err != nil || m.Point == dir+"/merged" {
		t.Errorf("we ourselves see the mount %+v (%v)", m, err)
	}
	if strings.Contains(m.Propagation, "shared") {
		t.Errorf("propagation %q; unshare makes mounts private", m.Propagation)
	}
}
