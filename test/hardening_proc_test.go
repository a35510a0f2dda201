// This file forges /proc, so that what the runtime writes to the kernel, or hides, goes elsewhere: CVE-2019-16884, -19921,
// CVE-2023-27561, CVE-2025-31133 and -52881.
package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// apart runs a shell script in a mount namespace of its own: the controls do there what a careless runtime would.
func apart(t *testing.T, script string, args ...string) result {
	t.Helper()
	return finished(t, exec.Command("unshare", append([]string{"--mount", "sh", "-euc", script, "sh"}, args...)...))
}

// The image has a link where /proc or /sys belongs, to a volume that another container can exchange.
func TestProcIsNoLink(t *testing.T) {
	for _, name := range []string{"/proc", "/sys"} {
		c := newCell(t)
		volume := t.TempDir()
		must(t, os.MkdirAll(volume+"/fake", 0o755))
		c.spec.Mounts = append([]specs.Mount{{Destination: "/volume", Type: "bind", Source: volume, Options: []string{"bind"}}}, c.spec.Mounts...)
		c.link("/volume/fake", name)
		if r := c.run(probePath, "mounts"); r.code == 0 || !strings.Contains(r.stderr, `"`+name[1:]) {
			t.Errorf("%s: %s", name, r)
		}
	}
	root, outside := t.TempDir(), t.TempDir()
	must(t, os.Symlink(outside, root+"/proc"))
	if r := apart(t, `mount -t proc proc "$1/proc"; cat "$2/self/comm"`, root, outside); r.code != 0 {
		t.Errorf("even mount(8) does not follow the link: this test proves nothing: %s", r)
	}
}

func TestProcCanNotBeCovered(t *testing.T) {
	fake := t.TempDir()
	must(t, os.MkdirAll(fake+"/self/attr", 0o755))
	must(t, os.WriteFile(fake+"/self/oom_score_adj", nil, 0o644))
	for _, destination := range []string{"/proc", "/proc/", "proc", "/dev/../proc", "/proc/self", "/proc/self/attr", "/proc/sys/kernel", "/proc/1", "/proc/thread-self/fd"} {
		for _, m := range []specs.Mount{{Type: "bind", Source: fake, Options: []string{"bind"}}, {Type: "none", Source: fake, Options: []string{"rbind"}},
			{Type: "tmpfs", Source: "tmpfs"}} {
			c := newCell(t)
			m.Destination = destination
			c.mount(m)
			if r := c.run(probePath, "mounts"); r.code == 0 || !strings.Contains(r.stderr, "proc") || strings.Contains(r.stderr, "mount(") {
				t.Errorf("%+v: %s", m, r)
			}
		}
	}
	if r := apart(t, `mount --bind "$1" /proc; echo -17 > /proc/self/oom_score_adj`, fake); r.code != 0 || contents(t, fake+"/self/oom_score_adj") == "" {
		t.Errorf("even a shell is not deceived: this test proves nothing: %s", r)
	}
	// What lxcfs does is no forgery, nor is another procfs.
	c := newCell(t)
	c.bind(c.fileOutside("processor : 0"), "/proc/cpuinfo", "ro")
	c.bind("/proc", "/proc", "rbind")
	if r := c.run(probePath, "read", "/proc/cpuinfo"); r.code != 0 {
		t.Error(r)
	}
}

func (c *cell) fileOutside(content string) string {
	c.t.Helper()
	path := filepath.Join(c.t.TempDir(), "file")
	must(c.t, os.WriteFile(path, []byte(content), 0o644))
	return path
}

// A mount namespace that the specification names has a forged /proc: what is written there must not be taken for done.
func TestForgedProcOfAnotherNamespace(t *testing.T) {
	fake := t.TempDir()
	must(t, os.MkdirAll(fake+"/self/fd", 0o755))
	must(t, os.WriteFile(fake+"/self/oom_score_adj", nil, 0o644))
	forger := exec.Command("unshare", "--mount", "sh", "-euc", `mount --bind "$1" /proc; echo begin; exec sleep 1000`, "sh", fake)
	out, err := forger.StdoutPipe()
	must(t, err)
	must(t, forger.Start())
	t.Cleanup(func() {
		forger.Process.Kill()
		forger.Wait() // killed
	})
	_, err = out.Read(make([]byte, 5))
	must(t, err)
	c := newCell(t)
	c.join(specs.MountNamespace, fmt.Sprintf("/proc/%d/ns/mnt", forger.Process.Pid))
	score := 500
	c.spec.Process.OOMScoreAdj, c.spec.Mounts = &score, nil
	c.spec.Linux.MaskedPaths, c.spec.Linux.ReadonlyPaths = nil, nil
	if r := c.run(probePath, "mounts"); r.code == 0 || !strings.Contains(r.stderr, "procfs") || contents(t, fake+"/self/oom_score_adj") != "" {
		t.Errorf("%q was written to the forgery: %s", contents(t, fake+"/self/oom_score_adj"), r)
	}
}

// The image has files where a procfs would have descriptors, and no procfs is mounted over them. The runtime needs none: the
// program still waits for start, and the root is still read-only.
func TestContainerWithoutProc(t *testing.T) {
	c := newCell(t)
	c.spec.Mounts = []specs.Mount{c.spec.Mounts[len(c.spec.Mounts)-1]} // the probe
	c.spec.Root.Readonly = true
	var names []string
	for fd := range 20 {
		names = append(names, c.file(fmt.Sprintf("/proc/self/fd/%d", fd), "forged"))
	}
	said := c.background([]string{"create"}, append([]string{"write"}, names...)...)
	if status := c.state().Status; status != specs.StateCreated || contents(t, said) != "" {
		t.Errorf("before start it is %s: %s", status, contents(t, said))
	}
	if r := c.oneself("start", c.id); r.code != 0 {
		t.Fatal(r)
	}
	waitFor(t, "the probe's end", func() bool { return strings.Count(contents(t, said), "\n") == len(names) })
	if text := contents(t, said); strings.Count(text, "EROFS") != len(names) {
		t.Errorf("the root is not read-only:\n%s", text)
	}
	for _, name := range names {
		if contents(t, c.path(name)) != "forged" {
			t.Errorf("the runtime has written to the image's %s", name)
		}
	}
}

// A parameter's name leads to another directory than the one it is judged by.
func TestSysctlCanNotLeave(t *testing.T) {
	c := newCell(t)
	now := strings.TrimSpace(contents(t, coredump)) // a success would be bad enough without another value
	for _, name := range []string{"net/../kernel/core_pattern", "net/ipv4/../../kernel/core_pattern", "fs/mqueue/../../kernel/core_pattern"} {
		c.spec.Linux.Sysctl = map[string]string{name: now}
		if r := c.run(probePath, "mounts"); r.code == 0 || !strings.Contains(r.stderr, "..") {
			t.Errorf("%s: %s", name, r)
		}
	}
	must(t, os.WriteFile("/proc/sys/net/../kernel/domainname", []byte("owned"), 0)) // the control, in the UTS namespace of the tests
	var names unix.Utsname
	must(t, unix.Uname(&names))
	if unix.ByteSliceToString(names.Domainname[:]) != "owned" {
		t.Error("even a plain write stays where it is judged: this test proves nothing")
	}
}
