// This file copies to and from volumes and bind mounts of containers that do not run: a copy sees what the program will see.
package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCopySeesMounts(t *testing.T) {
	p, host := newPlace(t), t.TempDir()
	file := filepath.Join(host, "file")
	if err := os.WriteFile(file, []byte("from the host\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.must("volume", "create", "-o", "type=tmpfs", "-o", "device=tmpfs", "memory")
	p.must("create", "--name", "c1", "--network", "none", "-v", "data:/data", "-v", "full:/etc", "-v", host+":/host:ro",
		"-v", file+":/one", "-v", "memory:/memory", "--mount", "type=volume,src=data,dst=/part,volume-subpath=sub", "box", "cat", "/data/new", "/part/deep")
	p.must("cp", "-q", file, "c1:/data/new")
	data := strings.TrimSpace(p.must("volume", "inspect", "-f", "{{.Mountpoint}}", "data"))
	if text, err := os.ReadFile(filepath.Join(data, "new")); err != nil || string(text) != "from the host\n" {
		t.Errorf("the volume has %q (%v)", text, err)
	}
	if err := os.Mkdir(filepath.Join(data, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.must("cp", "-q", file, "c1:/part/deep")
	p.must("cp", "-q", file, "c1:/memory/gone")
	for from, want := range map[string]string{"/data/new": "from the host", "/host/file": "from the host", "/one": "from the host",
		"/etc/passwd": "root:", "/part/deep": "from the host", "/data/sub/deep": "from the host"} {
		lacks(t, p.must("cp", "c1:"+from, "-"), want)
	}
	if r := p.run("cp", "-q", file, "c1:/host/other"); r.code != 1 || !strings.Contains(r.stderr, "/host: it is mounted read-only there\n") {
		t.Errorf("written through a read-only mount: %s", r)
	}
	if out := p.must("start", "-a", "c1"); out != "from the host\nfrom the host\n" {
		t.Errorf("the program reads %q", out)
	}
	// The mounts are not the container's: neither its layer nor its export has their files.
	if out := p.must("diff", "c1"); strings.Contains(out, "/data/new") || strings.Contains(p.must("export", "c1"), "from the host") {
		t.Errorf("in the container's own files:\n%s", out)
	}
	p.must("rm", "c1")
	p.must("volume", "rm", "memory")
	lacks(t, p.must("audit"), "nothing is left behind")
}

// The mount decides: what is read-only is so for a copy, too, and a volume is not because the root is; stopped or running.
func TestCopyToReadOnly(t *testing.T) {
	p, dir := newPlace(t), t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("from the host\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p.must("create", "--name", "c1", "--network", "none", "--read-only", "-v", "data:/data", "-v", dir+":/host:ro",
		"-v", file+":/data/one:ro", "box", "sleep", "60")
	for _, name := range []string{"stopped", "running"} {
		p.must("cp", "-q", file, "c1:/data/"+name)
		for _, to := range []string{"/root/x", "/host/x", "/data/one"} {
			if r := p.run("cp", file, "c1:"+to); r.code != 1 || !strings.Contains(r.stderr, "mounted read-only") || strings.Contains(r.stderr, "--root") {
				t.Errorf("%s, to %s: %s", name, to, r)
			}
		}
		p.must("start", "c1")
	}
	lacks(t, p.must("exec", "c1", "cat", "/data/stopped", "/data/running"), "from the host\nfrom the host")
	p.must("rm", "-f", "c1")
}

// A file on which another is mounted can not be replaced: the mount would be gone, and the host's file as it was.
func TestCopyToAMountedFile(t *testing.T) {
	p, dir := newPlace(t), t.TempDir()
	one, two := filepath.Join(dir, "one"), filepath.Join(dir, "two")
	for path, text := range map[string]string{one: "old\n", two: "new\n"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	p.must("create", "--name", "c1", "--network", "none", "-v", one+":/one", "box", "sleep", "60")
	p.must("cp", "-q", two, "c1:/one")
	if text, err := os.ReadFile(one); err != nil || string(text) != "new\n" {
		t.Errorf("stopped: the host has %q (%v)", text, err)
	}
	p.must("start", "c1")
	p.must("cp", "-q", two, "c1:/etc/hosts")
	if out := p.must("exec", "c1", "grep", "-c", " /etc/hosts ", "/proc/self/mountinfo"); out != "1\n" {
		t.Errorf("%s mounts on /etc/hosts", out)
	}
	p.must("rm", "-f", "c1")
}

// A link that the container has put into its volume leads nowhere on the host.
func TestCopyThroughAnEvilVolume(t *testing.T) {
	p, host := newPlace(t), t.TempDir()
	p.mustSh("-v data:/data", "ln -s "+host+" /data/out; ln -s / /data/sub")
	p.must("create", "--name", "c1", "--network", "none", "-v", "data:/data", "box", "true")
	p.must("create", "--name", "c2", "--network", "none", "--mount", "type=volume,src=data,dst=/part,volume-subpath=sub", "box", "true")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, to := range []string{"c1:/data/out/x", "c2:/part/x"} {
		if r := p.run("cp", "-q", file, to); r.code != 1 {
			t.Errorf("copied to %s: %s", to, r)
		}
	}
	if left, err := os.ReadDir(host); err != nil || len(left) != 0 {
		t.Errorf("on the host: %v (%v)", left, err)
	}
}
