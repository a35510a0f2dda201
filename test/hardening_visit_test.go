// This file gets hold of the runtime's own process while it is already among those of a container: CVE-2016-9962. It still has
// the host's files in sight, and descriptors that the container must not have.
package test

import (
	"strings"
	"testing"
)

const stageName = "glassbox: stage"

// A created container that shares the processes of another one waits there, for as long as one likes, as a stage.
func TestStageCanNotBeSeized(t *testing.T) {
	attacker, c := newCell(t), newCell(t)
	said := attacker.watcher("stalk", stageName)
	c.join("pid", "/proc/"+attacker.pid()+"/ns/pid")
	c.background([]string{"create"}, "sleep")
	waitFor(t, "the attack", func() bool { return strings.Contains(contents(t, said), "met") })
	if text := contents(t, said); strings.Contains(text, ": done") || strings.Count(text, "EACCES")+strings.Count(text, "EPERM") < 6 {
		t.Error(text)
	}
}

// The control: a process that has given up its rights as the stage has, and does not hide.
func TestVisitorCanBeSeized(t *testing.T) {
	c := newCell(t)
	said := c.watcher("stalk", "sleep")
	visit := c.visitor("sleep", "1000")
	must(t, visit.Start())
	waitFor(t, "the attack", func() bool { return strings.Contains(contents(t, said), "met") })
	must(t, visit.Process.Kill())
	visit.Wait() // killed
	if text := contents(t, said); strings.Count(text, ": done") != 6 {
		t.Errorf("even a plain visitor can not be seized: this test proves nothing\n%s", text)
	}
}

// An exec into a container must not be caught by it on its way in, not even by one that may trace everything it sees.
func TestVisitorCanNotBeSeized(t *testing.T) {
	for _, caps := range [][]string{dockerCaps, append([]string{"CAP_SYS_PTRACE"}, dockerCaps...)} {
		c := newCell(t)
		c.give(caps...)
		said := c.watcher("stalk", stageName)
		c.file("/done", "")
		for range 20 {
			if r := c.exec(probePath, "read", "/done"); r.code != 0 {
				t.Fatal(r)
			}
		}
		if text := contents(t, said); strings.Contains(text, ": done") {
			t.Errorf("with %v:\n%s", caps, text)
		}
	}
}
