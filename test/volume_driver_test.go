// This file uses volumes with options, which are mounted for the first container and unmounted after the last: also when a
// shim is killed, when a start fails, and when the disk is full.
package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// mountedVolumes lists the volumes of a place on which something is mounted, with its type.
func (p place) mountedVolumes() string {
	p.t.Helper()
	mounts, err := look.Mounts(os.Getpid())
	if err != nil {
		p.t.Fatal(err)
	}
	var found []string
	for _, m := range mounts {
		if rest, inside := strings.CutPrefix(m.Point, p.root+"/volumes/"); inside {
			found = append(found, rest+" "+m.FSType)
		}
	}
	return strings.Join(found, "\n")
}

func (p place) createTmpfs(name string) {
	p.t.Helper()
	p.must("volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=size=64k,mode=1777", name)
}

func TestDriverMountsForTheFirstAndUnmountsAfterTheLast(t *testing.T) {
	p := newPlace(t)
	p.createTmpfs("mem")
	run := func(name string) {
		p.must("run", "-d", "--name", name, "--network", "none", "-v", "mem:/d", "box", "sleep", "100")
	}
	run("one")
	run("two")
	p.must("exec", "one", "sh", "-c", "echo hello > /d/x")
	if got := p.must("exec", "two", "cat", "/d/x"); got != "hello\n" {
		t.Errorf("the second reads %q", got)
	}
	if r := p.run("exec", "one", "dd", "if=/dev/zero", "of=/d/big", "bs=1k", "count=100"); r.code == 0 || !strings.Contains(r.stderr, "No space left") {
		t.Errorf("the size is not kept: %s", r)
	}
	p.must("stop", "-t", "0", "one")
	if got := p.mountedVolumes(); got != "mem/_data tmpfs" {
		t.Errorf("the second still uses it, and mounted is %q", got)
	}
	p.must("rm", "-f", "two")
	if got := p.mountedVolumes(); got != "" {
		t.Errorf("nobody uses it, and mounted is %q", got)
	}
	if r := p.run("volume", "create", "mem", "--opt", "type=tmpfs", "--opt", "device=other"); r.code == 0 || !strings.Contains(r.stderr, "has other options") {
		t.Errorf("other options: %s", r)
	}
	p.must("rm", "one")
	p.must("volume", "rm", "mem")
}

func TestDriverAfterKill(t *testing.T) {
	p := newPlace(t)
	p.createTmpfs("mem")
	p.must("run", "-d", "--name", "one", "--network", "none", "-v", "mem:/d", "box", "sleep", "100")
	if left := p.killAll(); left == 0 {
		t.Fatal("nothing was killed")
	}
	if got := p.mountedVolumes(); got == "" {
		t.Fatal("nothing is mounted: this proves nothing")
	}
	p.must("audit", "--fix")
	if got := p.mountedVolumes(); got != "" {
		t.Errorf("after audit --fix: %q", got)
	}
	// Mounted, and nobody is noted to use it: as after a kill between the note's end and the unmount.
	must(t, unix.Mount("tmpfs", filepath.Join(p.root, "volumes", "mem", "_data"), "tmpfs", 0, ""))
	if got := p.run("audit"); !strings.Contains(got.stdout+got.stderr, "mounted volume") {
		t.Errorf("audit does not see it: %s", got)
	}
	p.must("audit", "--fix")
	if got := p.mountedVolumes(); got != "" {
		t.Errorf("after the second audit --fix: %q", got)
	}
}

// A start that fails takes its mounts back.
func TestDriverAfterAFailedStart(t *testing.T) {
	p := newPlace(t)
	p.createTmpfs("mem")
	if r := p.run("run", "--network", "none", "-v", "mem:/d", "box", "no-such-program"); r.code != 127 {
		t.Errorf("want 127: %s", r)
	}
	if got := p.mountedVolumes(); got != "" {
		t.Errorf("mounted: %q", got)
	}
	if got := p.must("audit"); got != "nothing is left behind\n" {
		t.Errorf("audit: %s", got)
	}
}

func TestDriverBindsAndRefuses(t *testing.T) {
	p, host := newPlace(t), t.TempDir()
	must(t, os.WriteFile(filepath.Join(host, "file"), []byte("of the host\n"), 0o644))
	p.must("volume", "create", "-o", "type=none", "-o", "o=bind,ro", "-o", "device="+host, "bound")
	if got := p.mustSh("-v bound:/d", "cat /d/file; touch /d/x 2> /dev/null || echo refused"); got != "of the host\nrefused\n" {
		t.Errorf("a bind: %q", got)
	}
	p.must("volume", "rm", "bound")
	if _, err := os.Stat(filepath.Join(host, "file")); err != nil {
		t.Errorf("the host's file went with the volume: %v", err)
	}
	for _, c := range []struct{ options, create, run string }{
		{"type=none,device=/no/where,o=bind", "", "mount volume bad: look into its device: open /no/where: no such file or directory: make that directory"},
		{"type=nosuchfs,device=x", "", "this kernel does not have the file system"},
		{"type=nfs,device=:/x,o=addr=no.such.host.invalid", "", `find the host "no.such.host.invalid"`},
		{"device=x", `missing required option: "type"`, ""},
		{"size=1g", `invalid option: "size"`, ""},
	} {
		words := []string{"volume", "create", "bad"}
		for o := range strings.SplitSeq(c.options, ",") {
			words = append(words, "--opt", o)
		}
		if r := p.run(words...); c.create != "" && (r.code == 0 || !strings.Contains(r.stderr, c.create)) || c.create == "" && r.code != 0 {
			t.Errorf("create, want %q: %s", c.create, r)
		}
		if c.create != "" {
			continue
		}
		if r := p.sh("-v bad:/d", "true"); r.code != 125 || !strings.Contains(r.stderr, c.run) {
			t.Errorf("run, want %q: %s", c.run, r)
		}
		p.must("volume", "rm", "bad")
	}
}

// A disk that is full: a volume is made whole or not at all, filled whole or not at all.
func TestVolumeOnAFullDisk(t *testing.T) {
	p := newPlace(t)
	p.addDataImage(t)
	p.must("volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "--opt", "o=nr_inodes=4", "tiny")
	r := p.run("run", "--rm", "--network", "none", "-v", "tiny:/data", "data", "true")
	if r.code != 125 || !strings.Contains(r.stderr, "no space left on device") {
		t.Errorf("filling: %s", r)
	}
	if got := p.mountedVolumes(); got != "" {
		t.Errorf("mounted: %q", got)
	}
	must(t, os.MkdirAll(filepath.Join(p.root, "volumes"), 0o711))
	small(t, filepath.Join(p.root, "volumes"), 0)
	if r := p.run("volume", "create", "vol"); r.code == 0 || !strings.Contains(r.stderr, "no space left on device") {
		t.Errorf("creating: %s", r)
	}
	if got := p.must("audit"); got != "nothing is left behind\n" {
		t.Errorf("audit: %s", got)
	}
}
