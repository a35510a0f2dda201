// This file gets hold of the runtime's own process while it is already among those of a container: CVE-2016-9962. It still has
// the host's files in sight, and descriptors that the container must not have.
package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
	for _, caps := range [][]string{dockerCaps, append([]string{"CAP_SYS_PTRACE"}, dockerCaps...)} {
		c := newCell(t)
		c.give(caps...)
		said := c.watcher("stalk", stageName, secret(t))
		c.file("/done", "")
		for range 20 {
			if r := c.exec(probePath, "read", "/done"); r.code != 0 {
				t.Fatal(r)
			}
		}
		text := contents(t, said)
		if strings.Contains(text, "host:") || len(caps) == len(dockerCaps) && strings.Contains(text, ": done") {
			t.Errorf("with %v:\n%s", caps, text)
		}
	}
}
