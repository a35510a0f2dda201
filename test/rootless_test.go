// This file makes containers as an ordinary user, with what 'glassbox-oci spec --rootless' proposes.
package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
	"glassbox/kernel/look"
)

// somebody is a user without any rights, and subordinates are the ids that he may map besides his own.
const (
	somebody     = 1000
	subordinates = 200000
)

// newUserCell is a cell of somebody's: the user owns its files and his copy of the runtime.
func newUserCell(t *testing.T) *cell {
	t.Helper()
	c := newCell(t)
	c.marked()
	c.user = somebody
	must(t, os.WriteFile(c.path(probePath), []byte(contents(t, self(t))), 0o755))
	must(t, os.Chmod(filepath.Dir(filepath.Dir(c.oci)), 0o755))
	for _, path := range []string{c.dir, c.path(""), filepath.Dir(c.oci), c.oci, c.path(probePath)} {
		must(t, os.Chmod(path, 0o755))
		must(t, os.Chown(path, somebody, somebody))
	}
	must(t, os.Remove(filepath.Join(c.dir, "config.json")))
	c.propose("--rootless")
	return c
}

func TestOrdinaryUserRunsAContainer(t *testing.T) {
	c := newUserCell(t)
	r := c.run(probePath, "read", "/proc/self/uid_map", "/proc/self/gid_map", "/proc/self/setgroups", "/dev/null", "/proc/sysrq-trigger")
	for _, line := range []string{
		`uid_map: "         0       1000          1\n"`, `gid_map: "         0       1000          1\n"`, `setgroups: "deny\n"`, `/dev/null: "" EOF`,
	} {
		if !strings.Contains(r.stdout, line) {
			t.Errorf("%s is missing: %s", line, r)
		}
	}
	if !strings.Contains(r.stderr, "warning: cgroups: this user may make no group") {
		t.Errorf("nobody is told that there are no limits: %s", r)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "state", c.id)); err == nil {
		t.Error("its state is left")
	}
}

func TestLimitOfAnOrdinaryUserIsRefused(t *testing.T) {
	c := newUserCell(t)
	limit := int64(7)
	c.spec.Linux.Resources = &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: &limit}}
	if r := c.run(probePath, "read"); r.code != 1 || !strings.Contains(r.stderr, "pids") || !strings.Contains(r.stderr, "delegated") {
		t.Error(r)
	}
}

// Where root has given somebody a part of a tree, limits hold there.
func TestLimitInADelegatedCgroup(t *testing.T) {
	c := newUserCell(t)
	layout, err := look.HostLayout()
	must(t, err)
	group := layout.Dir("pids", "/glassbox-delegated-"+c.id)
	must(t, os.Mkdir(group, 0o755))
	t.Cleanup(func() { must(t, os.Remove(group)) })
	must(t, os.Chown(group, somebody, somebody))
	if _, version := layout.Where("pids"); version == 2 {
		c.delegate(group)
	}
	limit := int64(7)
	c.spec.Linux.Resources = &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: &limit}}
	c.spec.Linux.CgroupsPath = "/" + filepath.Base(group) + "/inner"
	c.watcher("sleep")
	if max := contents(t, group+"/inner/pids.max"); max != "7\n" {
		t.Errorf("the limit is %q", max)
	}
	if members := strings.TrimSpace(contents(t, group+"/inner/cgroup.procs")); members != c.pid() {
		t.Errorf("the group has %q", members)
	}
	if r := c.oneself("delete", "--force", c.id); r.code != 0 {
		t.Error(r)
	}
}

// delegate is what systemd does for a user's session in v2: the files that move processes and hand controllers down are his, and his
// own processes are in a group of their own below, for a group with processes hands nothing down. man 7 cgroups.
func (c *cell) delegate(group string) {
	c.t.Helper()
	for _, dir := range []string{filepath.Dir(group), group} {
		must(c.t, os.WriteFile(dir+"/cgroup.subtree_control", []byte("+pids"), 0))
	}
	session := group + "/session"
	must(c.t, os.Mkdir(session, 0o755))
	c.t.Cleanup(func() { must(c.t, os.Remove(session)) })
	for _, file := range []string{group + "/cgroup.procs", group + "/cgroup.subtree_control", session, session + "/cgroup.procs"} {
		must(c.t, os.Chown(file, somebody, somebody))
	}
	var err error
	c.born, err = os.Open(session)
	must(c.t, err)
	c.t.Cleanup(func() { c.born.Close() })
}

func TestOrdinaryUserDrivesAContainer(t *testing.T) {
	c := newUserCell(t)
	said := c.background([]string{"create"}, "sleep")
	if state := c.state(); state.Status != specs.StateCreated {
		t.Errorf("after create: %+v", state)
	}
	c.oneself("start", c.id)
	waitFor(t, "the program", func() bool { return strings.Contains(contents(t, said), "begin") })
	r := c.exec(probePath, "read", "/proc/self/uid_map", "/proc/1/cmdline")
	if r.code != 0 || !strings.Contains(r.stdout, "1000          1") || !strings.Contains(r.stdout, "sleep") {
		t.Errorf("exec: %s", r)
	}
	if list := c.oneself("list"); !strings.Contains(list.stdout, c.id) {
		t.Errorf("list: %s", list)
	}
	if r := c.oneself("ps", "--format", "json", c.id); strings.TrimSpace(r.stdout) != "["+c.pid()+"]" {
		t.Errorf("ps: %s", r)
	}
	for _, words := range [][]string{{"kill", c.id, "KILL"}, {"delete", "--force", c.id}} {
		if r := c.oneself(words...); r.code != 0 {
			t.Error(r)
		}
	}
}

func TestOrdinaryUserHasATerminal(t *testing.T) {
	c := newUserCell(t)
	c.watcher("sleep")
	cmd := c.command(nil, "exec", "-t", c.id, probePath, "fds")
	master, err := pty.Start(cmd)
	must(t, err)
	defer master.Close()
	text := ""
	for more := make([]byte, 4096); ; {
		n, err := master.Read(more)
		if text += string(more[:n]); err != nil {
			break
		}
	}
	if err := cmd.Wait(); err != nil || strings.Count(text, "/dev/pts/0") != 3 {
		t.Errorf("%v: %s", err, text)
	}
}

// subordinate gives somebody further ids, in this mount namespace.
func subordinate(t *testing.T) {
	t.Helper()
	testkit.Need(t, testkit.Binary("newuidmap"), testkit.Binary("newgidmap"))
	for path, text := range map[string]string{
		"/etc/passwd": contents(t, "/etc/passwd") + fmt.Sprintf("glassbox-test:x:%d:%d::/:/bin/sh\n", somebody, somebody),
		"/etc/subuid": fmt.Sprintf("%d:%d:1000\n", somebody, subordinates), "/etc/subgid": fmt.Sprintf("%d:%d:1000\n", somebody, subordinates),
	} {
		if _, err := os.Stat(path); err != nil {
			t.Fatalf("%v: apt-get install uidmap makes it", err)
		}
		file := filepath.Join(t.TempDir(), "file")
		must(t, os.WriteFile(file, []byte(text), 0o644))
		must(t, unix.Mount(file, path, "", unix.MS_BIND, ""))
		t.Cleanup(func() { must(t, unix.Unmount(path, unix.MNT_DETACH)) })
	}
}

func mapped(host uint32) []specs.LinuxIDMapping {
	return []specs.LinuxIDMapping{{HostID: host, Size: 1}, {ContainerID: 1, HostID: subordinates, Size: 1000}}
}

func TestOrdinaryUserMapsSubordinateIDs(t *testing.T) {
	c := newUserCell(t)
	c.spec.Linux.UIDMappings, c.spec.Linux.GIDMappings = mapped(somebody), mapped(somebody)
	c.spec.Process.User = specs.User{UID: 33, GID: 44, AdditionalGids: []uint32{55}}
	if r := c.run(probePath, "read", "/proc/self/status"); r.code == 0 || !strings.Contains(r.stderr, "/etc/subuid") {
		t.Errorf("the control: without an entry in /etc/subuid: %s", r)
	}
	subordinate(t)
	c.watcher("sleep")
	status := contents(t, "/proc/"+c.pid()+"/status")
	for _, line := range []string{"Uid:\t200032\t", "Gid:\t200043\t", "Groups:\t200054"} {
		if !strings.Contains(status, line) {
			t.Errorf("%q is missing:\n%s", line, status)
		}
	}
}

// The container's root is the owner of the runtime's file: without protection nothing would keep it from writing there.
func TestOrdinaryUsersRuntimeCanNotBeOverwritten(t *testing.T) {
	attacker, c := newUserCell(t), newUserCell(t)
	c.marked()
	said := attacker.watcher("overwrite", deputy, mark)
	pid := attacker.pid()
	c.join(specs.PIDNamespace, "/proc/"+pid+"/ns/pid")
	c.join(specs.UserNamespace, "/proc/"+pid+"/ns/user")
	c.spec.Linux.UIDMappings, c.spec.Linux.GIDMappings = nil, nil
	c.file("/evil", "#!/proc/self/exe\n")
	attacker.file("/evil", "#!/proc/self/exe\n")
	waitFor(t, "the attack", func() bool {
		if r := c.run("/evil"); r.code != 125 {
			t.Fatalf("the stage was not executed inside: %s", r)
		}
		if r := attacker.exec("/evil", "list"); r.code != 125 {
			t.Fatalf("the visitor was not executed inside: %s", r)
		}
		return strings.Contains(contents(t, said), "write:")
	})
	if text := contents(t, said); strings.Contains(text, "write: done") || !strings.Contains(text, "write: EPERM") {
		t.Error(text)
	}
	for _, file := range []string{c.oci, attacker.oci} {
		if contents(t, file)[:4] != "\x7fELF" {
			t.Error("the runtime on the host has been changed")
		}
	}
}

// The control: a program that is executed by its own file there.
func TestOrdinaryUsersPlainProgramCanBeOverwritten(t *testing.T) {
	c := newUserCell(t)
	said := c.watcher("overwrite", mark)
	sleeper, err := exec.LookPath("sleep")
	must(t, err)
	program := c.copyOf(sleeper)
	must(t, os.Chown(program, somebody, somebody))
	must(t, c.visitor(program, "0.05").Run())
	waitFor(t, "the attack", func() bool { return strings.Contains(contents(t, said), "write:") })
	if text := contents(t, said); !strings.Contains(text, "write: done") || contents(t, program)[:5] != "owned" {
		t.Errorf("even a plain program resists: this test proves nothing\n%s", text)
	}
}
