// This file overwrites the runtime: CVE-2019-5736. Its processes in a container lead by /proc/PID/exe to its file on the host.
package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// mark stands at the end of the copy of the runtime that is to be overwritten; deputy is the name of what is executed in its stead.
const (
	mark   = "the end of the runtime"
	deputy = "/memfd:glassbox"
)

// marked takes a copy of the runtime, lest an attack that succeeds ruins the one of the other tests.
func (c *cell) marked() {
	c.t.Helper()
	c.oci = c.copyOf(c.oci)
}

func (c *cell) copyOf(program string) string {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), filepath.Base(program))
	must(c.t, os.WriteFile(path, []byte(contents(c.t, program)+mark), 0o755))
	return path
}

// The container's first process waits for the visitor to execute itself inside, as it is asked for: a script whose interpreter is
// /proc/self/exe. It is to be neither the runtime nor anything that can be written to.
func TestVisitorCanNotBeOverwritten(t *testing.T) {
	for _, caps := range [][]string{dockerCaps, append([]string{"CAP_SYS_PTRACE"}, dockerCaps...)} {
		c := newCell(t)
		c.marked()
		c.give(caps...)
		c.file("/evil", "#!/proc/self/exe\n")
		said := c.watcher("overwrite", deputy, mark)
		waitFor(t, "the attack", func() bool {
			if r := c.exec("/evil", "list"); r.code != 125 {
				t.Fatalf("the visitor was not executed inside: %s", r)
			}
			return strings.Contains(contents(t, said), "write:")
		})
		if text := contents(t, said); strings.Contains(text, "write: done") || !strings.Contains(text, "write: EPERM") || strings.Contains(text, mark) {
			t.Errorf("with %v:\n%s", caps, text)
		}
	}
}

// In run the entrypoint of one container executes what its stage is, and a container that shares its processes attacks.
func TestRuntimeCanNotBeOverwrittenInRun(t *testing.T) {
	attacker, c := newCell(t), newCell(t)
	c.marked()
	said := attacker.watcher("overwrite", deputy, mark)
	c.join("pid", "/proc/"+attacker.pid()+"/ns/pid")
	c.file("/evil", "#!/proc/self/exe\n")
	waitFor(t, "the attack", func() bool {
		if r := c.run("/evil"); r.code != 125 || r.stderr != "" {
			t.Fatalf("the stage was not executed inside: %s", r)
		}
		return strings.Contains(contents(t, said), "write:")
	})
	if text := contents(t, said); strings.Contains(text, "write: done") || !strings.Contains(text, "write: EPERM") || strings.Contains(text, mark) {
		t.Error(text)
	}
	if contents(t, c.oci)[:4] != "\x7fELF" {
		t.Error("the runtime on the host has been changed")
	}
}

// The control: a program that comes into the container by its own file, as the runtime would without its read-only mount.
func TestPlainProgramCanBeOverwritten(t *testing.T) {
	c := newCell(t)
	said := c.watcher("overwrite", mark)
	sleeper, err := exec.LookPath("sleep")
	must(t, err)
	program := c.copyOf(sleeper)
	visit := c.visitor(program, "0.05")
	must(t, visit.Run())
	waitFor(t, "the attack", func() bool { return strings.Contains(contents(t, said), "write:") })
	if text := contents(t, said); !strings.Contains(text, "write: done") || contents(t, program)[:5] != "owned" {
		t.Errorf("even a plain program resists: this test proves nothing\n%s", text)
	}
}

// visitor is a program in the container's PID namespace, with the container's capabilities and nothing else of it.
func (c *cell) visitor(args ...string) *exec.Cmd {
	c.t.Helper()
	var caps []string
	for _, name := range dockerCaps {
		caps = append(caps, "+"+strings.ToLower(strings.TrimPrefix(name, "CAP_")))
	}
	join := []string{"--target", c.pid(), "--pid"}
	if c.user != 0 {
		join = append(join, "--user")
	}
	return exec.Command("nsenter", append(append(join, "--", "setpriv", "--bounding-set", "-all,"+strings.Join(caps, ","), "--"), args...)...)
}

// waitFor waits until something has come about.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	for begin := time.Now(); time.Since(begin) < 10*time.Second; time.Sleep(2 * time.Millisecond) {
		if done() {
			return
		}
	}
	t.Fatalf("%s does not come about", what)
}
