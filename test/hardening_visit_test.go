// This file gets hold of the runtime's own process while it is already among those of a container: CVE-2016-9962. It still has
// the host's files in sight, and descriptors that the container must not have.
package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

const stageName = "glassbox: stage"

// secret makes a file of the host, which no container has.
func secret(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(path, []byte("of the host"), 0o644))
	return path
}

// A created container that shares the processes of another one waits there, for as long as one likes, as a stage.
func TestStageCanNotBeSeized(t *testing.T) {
	attacker, c := newCell(t), newCell(t)
	attacker.watcher("sleep")
	c.join("pid", "/proc/"+attacker.pid()+"/ns/pid")
	c.background([]string{"create"}, "sleep")
	r := attacker.exec(probePath, "stalk", stageName, secret(t), "once")
	if strings.Contains(r.stdout, ": done") || strings.Count(r.stdout, "EACCES")+strings.Count(r.stdout, "EPERM") != len(holds) {
		t.Error(r)
	}
}

// The control: a process that has given up its rights as the stage has, and does not hide.
func TestVisitorCanBeSeized(t *testing.T) {
	c := newCell(t)
	said := c.watcher("stalk", "sleep", secret(t))
	must(t, c.visitor("sleep", "0.2").Run())
	if text := contents(t, said); strings.Count(text, ": done") != len(holds) || !strings.Contains(text, "host: reached by root") {
		t.Errorf("even a plain visitor can not be seized: this test proves nothing\n%s", text)
	}
}

// An exec into a container must not be caught by it on its way in. One that may trace everything it sees gets hold of the
// program before it begins, but of nothing that is the host's.
func TestVisitorCanNotBeSeized(t *testing.T) {
	tracer := append([]string{"CAP_SYS_PTRACE"}, dockerCaps...)
	for name, prepare := range map[string]func(c *cell){
		"Docker's capabilities":    func(*cell) {},
		"and CAP_SYS_PTRACE":       func(c *cell) { c.give(tracer...) },
		"in a user namespace, too": func(c *cell) { c.give(tracer...); c.mapUsers() },
	} {
		c := newCell(t)
		prepare(c)
		said := c.watcher("stalk", stageName, secret(t))
		c.file("/done", "")
		for range 15 {
			if r := c.exec(probePath, "read", "/done"); r.code != 0 {
				t.Fatal(r)
			}
		}
		text := contents(t, said)
		if strings.Contains(text, "host:") || len(c.spec.Process.Capabilities.Bounding) == len(dockerCaps) && strings.Contains(text, ": done") {
			t.Errorf("%s:\n%s", name, text)
		}
	}
}

// mapUsers gives the cell a user namespace, whose root is nobody on the host: the probe has to lie where that one may go.
func (c *cell) mapUsers() {
	c.t.Helper()
	linux := c.spec.Linux
	linux.Namespaces = append(linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
	linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
	linux.GIDMappings = linux.UIDMappings
	c.without(probePath)
	c.file(probePath, contents(c.t, self(c.t)))
	for _, dir := range []string{filepath.Dir(c.dir), c.dir, c.path("")} {
		must(c.t, os.Chmod(dir, 0o755))
	}
	must(c.t, os.Chown(c.path(""), 100000, 100000))
}
