// These tests hold the embedded image to what it promises: the same bytes each time, and its licence beside the program.
package recipe

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestSameBytes(t *testing.T) {
	p, err := Read("/")
	if err != nil {
		t.Fatal(err)
	}
	var first, second, other bytes.Buffer
	for _, err := range []error{Write(&first, p), Write(&second, p)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(first.Bytes(), second.Bytes()) {
		t.Error("the same package gave two images")
	}
	p.Version += "x"
	if err := Write(&other, p); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(first.Bytes(), other.Bytes()) {
		t.Error("another package gave the same image")
	}
}

// Every link leads to a file of the layer, every folder stands before what is in it, and no path comes twice.
func TestFiles(t *testing.T) {
	p, err := Read("/")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{".": true}
	list := append(system(p), extras()...)
	for _, f := range list {
		name := path.Clean(f.path)
		if seen[name] || !seen[path.Dir(name)] {
			t.Errorf("%s is listed twice, or before its folder", f.path)
		}
		seen[name] = true
	}
	for _, f := range list {
		if f.link != "" && f.path != "etc/mtab" && !seen[path.Join(path.Dir(f.path), f.link)] {
			t.Errorf("%s leads nowhere: %s", f.path, f.link)
		}
	}
	for _, want := range []string{"bin/sh", "sbin/ip", "usr/bin/unshare", "usr/share/doc/busybox/SOURCE", "etc/resolv.conf"} {
		if !seen[want] {
			t.Errorf("no %s", want)
		}
	}
	if !regexp.MustCompile(`^\s*GNU GENERAL PUBLIC LICENSE\s+Version 2,`).Match(p.Licence) {
		t.Errorf("the licence is %.80q", p.Licence)
	}
}

// The names come first: a reader of the stream need not go through the layers for them.
func TestOrder(t *testing.T) {
	p, err := Read("/")
	if err != nil {
		t.Fatal(err)
	}
	var image bytes.Buffer
	if err := Write(&image, p); err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(&image); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, path.Dir(h.Name)+"/"+path.Base(h.Name)[:min(5, len(path.Base(h.Name)))])
	}
	if len(names) != 6 || names[0] != "./oci-l" || names[1] != "./index" || !strings.HasPrefix(names[5], "blobs/sha256/") {
		t.Errorf("%q", names)
	}
}

func TestReadRefuses(t *testing.T) {
	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "install busybox-static") {
		t.Errorf("no package: %v", err)
	}
	dir := t.TempDir()
	for name, body := range map[string]string{
		"bin/busybox":                            "#!/bin/sh\necho 'BusyBox v1.36.1 () multi-call binary.'\n",
		"usr/share/doc/busybox-static/copyright": "somebody",
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(body), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "not Debian's") {
		t.Errorf("another busybox: %v", err)
	}
}
