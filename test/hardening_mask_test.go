// This file looks behind masks: CVE-2025-31133 brings a null device that is something else. And it writes to cgroups that are
// mounted read-only: CVE-2023-25809.
package test

import (
	"os"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

const coredump = "/proc/sys/kernel/core_pattern"

// The image's own /dev/null is a file, a link to what must not be written, another device: it must not become the mask, and the
// program must not run with a forged one.
func TestMaskIsTheNullDevice(t *testing.T) {
	for what, forge := range map[string]func(c *cell){
		"file": func(c *cell) { c.file("/dev/null", "forged") },
		"link": func(c *cell) { c.link(coredump, "/dev/null") },
		"device": func(c *cell) {
			must(t, os.Mkdir(c.path("/dev"), 0o755))
			must(t, unix.Mknod(c.path("/dev/null"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 5))))
		},
	} {
		c := newCell(t)
		forge(c)
		c.without("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue")
		r := c.run(probePath, "write", coredump)
		if r.code == 0 && !strings.Contains(r.stdout, "EROFS") || strings.Contains(r.stdout, "done") {
			t.Errorf("%s: %s", what, r)
		}
	}
	// The control: the image's device by its path.
	root, outside := t.TempDir(), t.TempDir()
	must(t, os.WriteFile(outside+"/pattern", nil, 0o644))
	must(t, os.WriteFile(root+"/masked", nil, 0o644))
	must(t, os.Symlink(outside+"/pattern", root+"/null"))
	if r := apart(t, `mount --bind "$1/null" "$1/masked"; echo owned > "$1/masked"`, root); r.code != 0 || contents(t, outside+"/pattern") == "" {
		t.Errorf("even mount(8) does not follow the link: this test proves nothing: %s", r)
	}
}

func (c *cell) without(destinations ...string) {
	var rest []specs.Mount
	for _, m := range c.spec.Mounts {
		if !strings.Contains(" "+strings.Join(destinations, " ")+" ", " "+m.Destination+" ") {
			rest = append(rest, m)
		}
	}
	c.spec.Mounts = rest
}

// What is masked is empty, what is read-only is so, wherever it lies: in /proc, in the image, in a volume, behind a link.
func TestMasksHold(t *testing.T) {
	masked := []string{"/proc/kcore", "/proc/keys", "/image/secret", "/image/dir", "/volume/secret", "/link", "/not/there"}
	seen := []string{"/proc/kcore", "/proc/keys", "/image/secret", "/image/dir/inner", "/volume/secret", "/image/target"}
	readonly := []string{coredump, "/proc/sys/kernel/hostname", "/image/settings", "/volume/settings"}
	prepare := func() *cell {
		c := newCell(t)
		volume := t.TempDir()
		for _, name := range []string{"/secret", "/settings"} {
			must(t, os.WriteFile(volume+name, []byte("x"), 0o666))
		}
		c.bind(volume, "/volume")
		for _, name := range []string{"/image/secret", "/image/dir/inner", "/image/target", "/image/settings"} {
			c.file(name, "x")
		}
		c.link("image/target", "/link")
		c.spec.Linux.MaskedPaths, c.spec.Linux.ReadonlyPaths = masked, append(readonly, "/not/there")
		return c
	}
	c := prepare()
	if text := c.probe(append([]string{"read"}, seen...)...); strings.Count(text, `: "" `) != len(seen) || strings.Contains(text, "done") {
		t.Errorf("something is to be seen:\n%s", text)
	}
	if text := prepare().probe(append([]string{"write"}, readonly...)...); strings.Count(text, "EROFS") != len(readonly) {
		t.Errorf("something can be written:\n%s", text)
	}
	c = prepare() // the control: a plan without these steps
	c.spec.Linux.MaskedPaths, c.spec.Linux.ReadonlyPaths = nil, nil
	if text := c.probe(append([]string{"read"}, seen...)...); strings.Count(text, "done") < len(seen)-1 { // /proc/keys may be empty
		t.Errorf("without masks nothing is to be seen either: this test proves nothing\n%s", text)
	}
	c = prepare()
	c.spec.Linux.MaskedPaths, c.spec.Linux.ReadonlyPaths = nil, nil
	if text := c.probe(append([]string{"write"}, readonly...)...); strings.Count(text, "done") != len(readonly) {
		t.Errorf("it can not be written anyway: this test proves nothing\n%s", text)
	}
}

// Each way to show a container its cgroups, with a cgroup namespace of its own and without.
func TestCgroupsAreReadonly(t *testing.T) {
	for _, namespace := range []bool{true, false} {
		for _, ro := range []bool{true, false} {
			c := newCell(t)
			if !namespace {
				c.spec.Linux.Namespaces = c.spec.Linux.Namespaces[:len(c.spec.Linux.Namespaces)-1]
			}
			var files []string
			for i, m := range c.spec.Mounts {
				if m.Type == "cgroup" && !ro {
					c.spec.Mounts[i].Options = []string{"nosuid", "noexec", "nodev"}
				}
			}
			for line := range strings.Lines(c.probe("mounts")) {
				if at := strings.Fields(line)[4]; strings.Contains(line, " - cgroup") {
					files = append(files, at+"/cgroup.procs")
				}
			}
			text, word := c.probe(append([]string{"write"}, files...)...), "done" // writable: the control
			if ro {
				word = "EROFS"
			}
			if len(files) == 0 || strings.Count(text, word) != len(files) {
				t.Errorf("namespace %v, read-only %v: not %s everywhere:\n%s", namespace, ro, word, text)
			}
		}
	}
}
