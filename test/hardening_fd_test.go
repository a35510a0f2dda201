// This file uses descriptors that have leaked: CVE-2024-21626. Whoever starts the runtime may have open what the container must
// not see, a directory of the host; runc had such a one itself.
package test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// leaks are directories of the host that nobody wants to give away, as descriptors 3 to 14: more than the runtime has itself.
func leaks(t *testing.T) (files []*os.File) {
	t.Helper()
	for range 12 {
		f, err := os.Open("/")
		must(t, err)
		t.Cleanup(func() { f.Close() })
		files = append(files, f)
	}
	return files
}

// A program has its three descriptors, and those that were asked for.
func TestDescriptorsDoNotLeak(t *testing.T) {
	files, secret := leaks(t), secret(t)
	for _, preserve := range []int{0, 2} {
		c := newCell(t)
		flag := "--preserve-fds=" + strconv.Itoa(preserve)
		run := []string{"run", flag, "--bundle", c.dir, c.id}
		if r := finished(t, c.leaked(files, run, "fds")); r.code != 0 || strings.Count(r.stdout, "\n") != 3+preserve {
			t.Errorf("run with %s: %s", flag, r)
		}
		if r := finished(t, c.leaked(files, run, "reach", secret)); r.code != 0 || preserve == 0 && strings.Contains(r.stdout, "reached") {
			t.Errorf("run with %s: %s", flag, r)
		}
		c.watcher("sleep")
		if r := finished(t, c.command(files, "exec", flag, c.id, probePath, "fds")); r.code != 0 || strings.Count(r.stdout, "\n") != 3+preserve {
			t.Errorf("exec with %s: %s", flag, r)
		}
	}
}

// The control: chroot hands everything on.
func TestDescriptorsLeak(t *testing.T) {
	c := newCell(t)
	c.file(probePath, contents(t, self(t)))
	plain := exec.Command("chroot", c.path(""), probePath, "reach", secret(t))
	plain.ExtraFiles = leaks(t)
	if r := finished(t, plain); !strings.Contains(r.stdout, "reached by descriptor 3") {
		t.Errorf("even chroot keeps the descriptors: this test proves nothing: %s", r)
	}
}

// leaked is a command in whose cell the probe is the program.
func (c *cell) leaked(files []*os.File, words []string, args ...string) *exec.Cmd {
	c.t.Helper()
	c.spec.Process.Args = append([]string{probePath}, args...)
	c.write()
	return c.command(files, words...)
}

// The working directory leads to the host by way of a descriptor of the runtime, and so does the path of the program.
func TestWorkingDirectoryIsInside(t *testing.T) {
	files, secret := leaks(t), secret(t)
	for fd := 3; fd < 20; fd++ {
		dir := "/proc/self/fd/" + strconv.Itoa(fd)
		c := newCell(t)
		c.spec.Process.Cwd = dir
		if r := finished(t, c.leaked(files, []string{"run", "--bundle", c.dir, c.id}, "reach", secret)); r.code == 0 || strings.Contains(r.stdout, "reached") {
			t.Errorf("run in %s: %s", dir, r)
		}
		if r := finished(t, c.leaked(files, []string{"run", "--preserve-fds=12", "--bundle", c.dir, c.id}, "reach", secret)); r.code == 0 || strings.Contains(r.stdout, "working") {
			t.Errorf("run with preserved descriptors in %s: %s", dir, r)
		}
	}
	c := newCell(t)
	c.link("/proc/self/fd/3", "/innocent")
	c.watcher("sleep")
	for fd := 3; fd < 20; fd++ {
		dir := "/proc/self/fd/" + strconv.Itoa(fd)
		for _, words := range [][]string{
			{"exec", "--cwd", dir, c.id, probePath, "reach", secret}, {"exec", "--cwd", dir + "/..", c.id, probePath, "reach", secret},
			{"exec", "--cwd", "/innocent", c.id, probePath, "reach", secret},
			{"exec", c.id, dir + self(t), "reach", secret},
		} {
			if r := finished(t, c.command(files, words...)); r.code == 0 || strings.Contains(r.stdout, "reached") {
				t.Errorf("%q: %s", words, r)
			}
		}
		// Also where the descriptor itself is a gift.
		if r := finished(t, c.command(files, "exec", "--preserve-fds=12", "--cwd", dir, c.id, probePath, "reach", secret)); r.code == 0 {
			t.Errorf("exec with preserved descriptors in %s: %s", dir, r)
		}
	}
}

// The control: a shell in the container's namespaces goes where the descriptor leads.
func TestWorkingDirectoryLeadsOut(t *testing.T) {
	files, secret := leaks(t), secret(t)
	c := newCell(t)
	c.watcher("sleep")
	plain := exec.Command("nsenter", "--target", c.pid(), "--mount", "--pid", "--wd=/proc/self/fd/3", probePath, "reach", secret)
	plain.ExtraFiles = files
	if r := finished(t, plain); !strings.Contains(r.stdout, "reached from the working directory") {
		t.Errorf("even nsenter does not get there: this test proves nothing: %s", r)
	}
}
