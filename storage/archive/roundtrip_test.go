// These tests change a mounted overlay, pack what overlayfs keeps of the changes, and unpack that again: upper, archive and upper.
package archive

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
)

// overlay mounts one, and makes changes to it by a shell script.
func overlay(t *testing.T, options, below, script string) (upper, merged string) {
	t.Helper()
	testkit.Need(t, testkit.Root(), testkit.FileSystem("overlay"))
	base := t.TempDir()
	for _, name := range []string{"lower", "upper", "work", "merged"} {
		if err := os.Mkdir(filepath.Join(base, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	upper, merged = filepath.Join(base, "upper"), filepath.Join(base, "merged")
	shell(t, filepath.Join(base, "lower"), below)
	data := "lowerdir=" + base + "/lower,upperdir=" + upper + ",workdir=" + base + "/work" + options
	if err := unix.Mount("overlay", merged, "overlay", 0, data); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(merged, 0); err != nil {
			t.Error(err)
		}
	})
	shell(t, merged, script)
	return upper, merged
}

const below = `mkdir -p d/sub old app/bin; echo 1 >d/a; echo 1 >d/sub/b; echo 1 >gone; echo 1 >old/x; echo one >app/bin/tool; echo m >mode`

func TestRoundTrip(t *testing.T) {
	upper, merged := overlay(t, "", below, `
		echo new >new; chown 12:34 new; chmod 4755 new; ln new d/second; ln -s /etc/passwd link
		rm gone; rm -r d/sub; rm -r old; mkdir old; echo 2 >old/y
		mknod null c 1 3; mknod disk b 8 0; mkfifo pipe; chmod 600 mode
		truncate -s 10M hole; echo end >>hole
		mkdir `+strings.Repeat("long", 50)+`; echo 1 >`+strings.Repeat("long", 50)+`/`+strings.Repeat("name", 60)+`
		touch -d 2001-02-03T04:05:06 new d old`)
	for name, value := range map[string]string{"user.colour": "blue", "security.capability": "\x01\x00\x00\x02\x00 \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if err := unix.Setxattr(filepath.Join(merged, "new"), name, []byte(value), 0); err != nil {
			t.Fatal(err)
		}
	}
	var layer bytes.Buffer
	if err := Diff(&layer, upper, merged, PackOptions{}); err != nil {
		t.Fatal(err)
	}
	again, err := unpackInto(t, layer.Bytes(), Options{Layer: true})
	if err != nil {
		t.Fatal(err)
	}
	if want, got := describe(t, upper), describe(t, again); want != got {
		t.Errorf("upper was\n%s\nand came back as\n%s", want, got)
	}
	var second bytes.Buffer
	if err := Diff(&second, again, "", PackOptions{}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(layer.Bytes(), second.Bytes()) {
		t.Error("the layer packed again is another archive")
	}
	var st unix.Stat_t
	if err := unix.Stat(filepath.Join(again, "hole"), &st); err != nil || st.Blocks*512 > 1<<20 {
		t.Errorf("a file of zeros takes %d bytes on the disk (%v)", st.Blocks*512, err)
	}
}

// The same work at another time gives the same bytes if times are clamped; the control: without it, not.
func TestReproducible(t *testing.T) {
	pack := func(o PackOptions, at string) string {
		upper, merged := overlay(t, "", below, `echo 2 >d/a; mkdir e; rm gone; touch -h -d @`+at+` d/a d e`)
		shell(t, upper, "touch -h -d @"+at+" gone")
		var layer bytes.Buffer
		if err := Diff(&layer, upper, merged, o); err != nil {
			t.Fatal(err)
		}
		return layer.String()
	}
	clamped := PackOptions{Latest: time.Unix(1_000_000_000, 0)}
	if early, late := pack(clamped, "1500000000.5"), pack(clamped, "1600000000"); early != late {
		t.Error("two layers of the same changes differ")
	}
	if early, late := pack(PackOptions{}, "1500000000.5"), pack(PackOptions{}, "1600000000"); early == late {
		t.Error("two layers of other times are equal: the test shows nothing")
	}
}

// With redirect_dir a renamed directory is in upper by its name alone, and with metacopy a file by its mode: the layer has all of it.
func TestRenamedDirectory(t *testing.T) {
	upper, merged := overlay(t, ",redirect_dir=on,metacopy=on", below, `mv app tools; chmod 700 mode; echo more >tools/bin/extra`)
	var layer bytes.Buffer
	if err := Diff(&layer, upper, merged, PackOptions{}); err != nil {
		t.Fatal(err)
	}
	tree, err := unpackInto(t, layer.Bytes(), Options{Layer: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"tools/bin/tool": "one\n", "tools/bin/extra": "more\n", "mode": "m\n"} {
		if got, err := os.ReadFile(filepath.Join(tree, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q (%v)", name, got, err)
		}
	}
	if !strings.Contains(describe(t, tree), "/app 20000 0:0") {
		t.Errorf("the old name is not deleted:\n%s", describe(t, tree))
	}
	// The control: without the mount the content can not be found, and nobody is told otherwise.
	if err := Diff(&bytes.Buffer{}, upper, "", PackOptions{}); err == nil {
		t.Error("a layer without the content of its files")
	}
}

// A directory that a layer only has files in looks like that of the layers below, unless those have deleted it.
func TestAdopt(t *testing.T) {
	testkit.Need(t, testkit.Root())
	top, middle, low := t.TempDir(), t.TempDir(), t.TempDir()
	shell(t, top, "mkdir -p a/b c")
	shell(t, middle, "mkdir a; chmod 700 a; mknod c c 0 0")
	shell(t, low, "mkdir -p a/b c; chmod 1777 a/b c; chown 5:6 a/b")
	if err := Adopt(top, []string{"a", "a/b", "c"}, []string{middle, low}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]uint32{"a": 0o40700, "a/b": 0o41777, "c": 0o40755} {
		var st unix.Stat_t
		if err := unix.Stat(filepath.Join(top, name), &st); err != nil || st.Mode != want {
			t.Errorf("%s has mode %o (%v), want %o", name, st.Mode, err, want)
		}
	}
}
