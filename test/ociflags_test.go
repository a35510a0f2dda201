// This file tries flags of glassbox-oci that engines and runc's users give.
package test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// subgroup makes a group below the cell's in the tree of a controller.
func (c *cell) subgroup(controller string) string {
	c.t.Helper()
	layout, err := look.HostLayout()
	must(c.t, err)
	dir := layout.Dir(controller, "/glassbox/"+c.id+"/inner")
	must(c.t, os.Mkdir(dir, 0o755))
	return dir
}

func TestExecInASubgroup(t *testing.T) {
	c := newCell(t)
	c.watcher("sleep")
	dir := c.subgroup("pids")
	file := filepath.Join(c.dir, "pid")
	must(t, c.command(nil, "exec", "--detach", "--pid-file", file, "--cgroup", "pids:inner", c.id, probePath, "sleep").Run())
	pid, err := strconv.Atoi(contents(t, file))
	must(t, err)
	defer func() { // it has become our child
		must(t, unix.Kill(pid, unix.SIGKILL))
		_, err := unix.Wait4(pid, nil, 0, nil)
		must(t, err)
	}()
	if members := strings.TrimSpace(contents(t, dir+"/cgroup.procs")); members != contents(t, file) {
		t.Errorf("the group has %q, want %s", members, contents(t, file))
	}
	for _, wrong := range []struct{ group, says string }{
		{"../other", "leave"}, {"nosuch:inner", "nosuch"}, {"a:b:c", "CONTROLLER"}, {"missing", "no such file"},
	} {
		if r := c.oneself("exec", "--cgroup", wrong.group, c.id, probePath, "read"); r.code == 0 || !strings.Contains(r.stderr, wrong.says) {
			t.Errorf("--cgroup %s: %s", wrong.group, r)
		}
	}
}

func TestExecInAPausedContainer(t *testing.T) {
	c := newCell(t)
	c.watcher("sleep")
	c.oneself("pause", c.id)
	if r := c.exec(probePath, "read"); r.code != 1 || !strings.Contains(r.stderr, "paused") {
		t.Errorf("exec: %s", r)
	}
	cmd := c.command(nil, "exec", "--ignore-paused", c.id, probePath, "read")
	must(t, cmd.Start())
	done := make(chan error)
	go func() { done <- cmd.Wait() }()
	select {
	case err := <-done:
		t.Errorf("it does not wait: %v", err)
	case <-time.After(100 * time.Millisecond):
		c.oneself("resume", c.id)
		must(t, <-done)
	}
}

func TestLabelsOfAnExecAreRefused(t *testing.T) {
	c := newCell(t)
	c.watcher("sleep")
	for flag, says := range map[string]string{"--process-label=system_u:x": "SELinux", "--apparmor=box": "AppArmor"} {
		if _, err := os.Stat("/sys/module/apparmor"); err == nil && says == "AppArmor" {
			continue // the kernel says what profiles there are
		}
		if r := c.oneself("exec", flag, c.id, probePath, "read"); r.code == 0 || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: %s", flag, r)
		}
	}
}

func TestKeyringIsItsOwn(t *testing.T) {
	c := newCell(t)
	c.watcher("sleep")
	own := "_ses." + c.id
	if r := c.exec(probePath, "keyring"); !strings.Contains(r.stdout, own) {
		t.Errorf("exec: %s", r)
	}
	c.oneself("delete", "--force", c.id)
	if text := c.probe("keyring"); !strings.Contains(text, own) {
		t.Errorf("run: %s", text)
	}
	if r := c.oneself("run", "--no-new-keyring", "--bundle", c.dir, c.id); strings.Contains(r.stdout, own) {
		t.Errorf("the control: %s", r)
	}
}

func TestListNamesOwners(t *testing.T) {
	c := newCell(t)
	c.watcher("sleep")
	if r := c.oneself("list"); !strings.Contains(r.stdout, "OWNER") || !strings.Contains(r.stdout, "root") {
		t.Error(r)
	}
	if r := c.oneself("list", "--format", "json"); !strings.Contains(r.stdout, `"owner": "root"`) {
		t.Error(r)
	}
	if r := c.oneself("list", "-q", "--format", "json"); r.stdout != c.id+"\n" {
		t.Error(r)
	}
}
