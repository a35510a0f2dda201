// These tests copy files into containers and out of them, by the rules of docker cp.
package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// source makes a small tree on the host: d with a, l and sub/b.
func source(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{"d/a": "one\n", "d/sub/b": "two\n"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "d/l")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(dir, "d/a"), 12, 34); err != nil {
		t.Fatal(err)
	}
	return dir
}

// The table of docker cp: what DEST is decides what becomes of SRC.
func TestCopyIn(t *testing.T) {
	p, host := newPlace(t), source(t)
	for _, running := range []bool{false, true} {
		p.must("create", "--name", "c1", "--network", "none", "box", "sleep", "1000")
		if running {
			p.must("start", "c1")
		}
		for _, c := range []struct{ from, to, have string }{
			{"d/a", "/new", "/new"}, {"d/a", "/tmp", "/tmp/a"}, {"d/a", "/tmp/", "/tmp/a"}, {"d/a", "/new", "/new"},
			{"d", "/dir", "/dir/sub/b"}, {"d", "/dir", "/dir/d/sub/b"}, {"d/.", "/dir", "/dir/sub/b"}, {"d/.", "/other", "/other/sub/b"},
			{"d/a", "relative", "/relative"}, {"d/l", "/link", "/link"},
		} {
			p.must("cp", "-q", filepath.Join(host, "d")+"/"+strings.TrimPrefix(strings.TrimPrefix(c.from, "d"), "/"), "c1:"+c.to)
			if names := p.must("cp", "c1:"+c.have, "-"); !strings.Contains(names, filepath.Base(c.have)) {
				t.Errorf("cp %s c1:%s (running: %v) made no %s", c.from, c.to, running, c.have)
			}
		}
		for _, c := range []struct{ from, to, want string }{
			{"d/a", "/nodir/", "no such directory"}, {"d/a", "/nodir/x", "no such file or directory"},
			{"d", "/etc/passwd", "can not replace a file"}, {"d/a", "/etc/passwd/", "not a directory"}, {"d/none", "/", "no such file"},
		} {
			if r := p.run("cp", filepath.Join(host, c.from), "c1:"+c.to); r.code != 1 || !strings.Contains(r.stderr, c.want) {
				t.Errorf("want %q: %s", c.want, r)
			}
		}
		p.must("rm", "-f", "c1")
	}
}

func TestCopyOut(t *testing.T) {
	p, host := newPlace(t), source(t)
	p.must("create", "--name", "c1", "--network", "none", "box", "true")
	p.must("cp", "-a", host+"/d", "c1:/dir")
	out := t.TempDir()
	for _, c := range []struct{ from, to, have, content string }{
		{"/dir", "copy", "copy/sub/b", "two\n"}, {"/dir", "copy", "copy/dir/a", "one\n"}, {"/dir/.", ".", "a", "one\n"}, {"/dir/a", "b", "b", "one\n"},
	} {
		p.must("cp", "-q", "c1:"+c.from, filepath.Join(out, c.to))
		if got, err := os.ReadFile(filepath.Join(out, c.have)); err != nil || string(got) != c.content {
			t.Errorf("cp c1:%s %s: %s is %q (%v)", c.from, c.to, c.have, got, err)
		}
	}
	// A link is copied as a link; with -L what it leads to inside the container, never what the host has there.
	p.must("cp", "-q", "c1:/dir/l", out+"/link")
	if target, err := os.Readlink(out + "/link"); err != nil || target != "/etc/passwd" {
		t.Errorf("a link became %q (%v)", target, err)
	}
	p.must("cp", "-q", "-L", "c1:/dir/l", out+"/followed")
	if got, err := os.ReadFile(out + "/followed"); err != nil || !strings.Contains(string(got), "app:") {
		t.Errorf("the link led to %q (%v)", got, err)
	}
	r := p.run("cp", "c1:/dir", "c1:/other")
	if r.code != 1 || !strings.Contains(r.stderr, "exactly one") {
		t.Error(r)
	}
}

// Links in a container lead nowhere but into the container, whichever way is copied, and owners are as asked for.
func TestCopyStaysInside(t *testing.T) {
	p, host := newPlace(t), source(t)
	p.must("run", "-d", "--name", "c1", "--network", "none", "-v", host+":/vol", "box", "sh", "-c",
		"ln -s /../../../.. /up; ln -s "+host+" /outside; exec sleep 1000")
	for _, name := range []string{"/up" + host + "/d/a", "/outside/d/a"} {
		if r := p.run("cp", "c1:"+name, "-"); r.code == 0 {
			t.Errorf("the host's %s came out of the container", name)
		}
	}
	p.must("cp", "-q", host+"/d/a", "c1:/up/tmp/in")
	if got := p.must("exec", "c1", "stat", "-c", "%u:%g %a", "/tmp/in"); got != "0:0 640\n" {
		t.Errorf("without -a: %s", got)
	}
	p.must("cp", "-q", "-a", host+"/d/a", "c1:/tmp/kept")
	if got := p.must("exec", "c1", "stat", "-c", "%u:%g", "/tmp/kept"); got != "12:34\n" {
		t.Errorf("with -a: %s", got)
	}
	// What is mounted in the container is what the container sees; so is a file that is mounted on one.
	p.must("cp", "-q", host+"/d/sub/b", "c1:/vol/new")
	if got, err := os.ReadFile(host + "/new"); err != nil || string(got) != "two\n" {
		t.Errorf("a file in the volume: %q (%v)", got, err)
	}
	p.must("cp", "-q", host+"/d/a", "c1:/etc/hosts")
	if got := p.must("exec", "c1", "cat", "/etc/hosts"); got != "one\n" {
		t.Errorf("/etc/hosts is %q", got)
	}
	p.must("rm", "-f", "c1")
}
