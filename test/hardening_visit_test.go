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
	attacker.watcher("sleep")
	c.join("pid", "/proc/"+attacker.pid()+"/ns/pid")
	c.background([]string{"create"}, "sleep")
	r := attacker.exec(probePath, "stalk", stageName, "once")
	if strings.Contains(r.stdout, ": done") || strings.Count(r.stdout, "EACCES")+strings.Count(r.stdout, "EPERM") != len(holds) {
		t.Error(r)
	}
}

// The control: a process that has given up its rights as the stage has, and does not hide.
func TestVisitorCanBeSeized(t *testing.T) {
	c := newCell(t)
	said := c.watcher("stalk", "sleep")
	must(t, c.visitor("sleep", "0.3").Run())
	if text := contents(t, said); strings.Count(text, ": done") != len(holds) {
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
