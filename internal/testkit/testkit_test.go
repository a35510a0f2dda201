// These tests hold the harness itself to account: each kind of change must be seen, and its undoing too.
package testkit

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/sys/mountinfo"
	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) { os.Exit(Sandbox(m)) }

// Every change shows in the picture, under its heading, and is gone when undone.
func TestSnapshotSees(t *testing.T) {
	Need(t, Root(), Binary("ip"), Binary("nft"))
	dir, group := t.TempDir(), "glassbox-testkit"
	hierarchies, err := mountinfo.GetMounts(mountinfo.FSTypeFilter("cgroup", "cgroup2"))
	if err != nil || len(hierarchies) == 0 {
		t.Fatalf("no cgroup hierarchy is mounted (%v)", err)
	}
	inGroups := filepath.Join(hierarchies[0].Mountpoint, group)
	watch := Watch{Cgroups: []string{group}, Dirs: []string{dir}}
	sleeper := exec.Command("sleep", "100")
	changes := []struct{ what, do, undo string }{
		{"mount", "mount -t tmpfs x " + dir, "umount " + dir},
		{"link", "ip link add t0 type bridge", "ip link del t0"},
		{"address", "ip addr add 192.0.2.1/32 dev lo", "ip addr del 192.0.2.1/32 dev lo"},
		{"route", "ip route add 192.0.2.0/24 dev lo", "ip route del 192.0.2.0/24 dev lo"},
		{"nft", "nft add table inet t", "nft delete table inet t"},
		{"sysctl", "echo 1 >/proc/sys/net/ipv4/ip_forward", "echo 0 >/proc/sys/net/ipv4/ip_forward"},
		{"cgroup", "mkdir " + inGroups, "rmdir " + inGroups},
		{"file", "touch " + filepath.Join(dir, "f"), "rm " + filepath.Join(dir, "f")},
	}
	for _, c := range changes {
		before := Snapshot(t, watch)
		sh(t, c.do)
		if diff := Diff(before, Snapshot(t, watch)); !strings.Contains(diff, "+ "+c.what+": ") {
			t.Errorf("%s: not seen under %s:\n%s", c.do, c.what, diff)
		}
		sh(t, c.undo)
		if diff := Diff(before, Snapshot(t, watch)); diff != "" {
			t.Errorf("%s: left behind:\n%s", c.undo, diff)
		}
	}

	before := Snapshot(t, Watch{})
	if err := sleeper.Start(); err != nil {
		t.Fatal(err)
	}
	if diff := Diff(before, Snapshot(t, Watch{})); !strings.Contains(diff, "+ process: sleep 100") {
		t.Errorf("a process was not seen:\n%s", diff)
	}
	if err := sleeper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := sleeper.Wait(); err == nil {
		t.Error("a killed process ended well")
	}
}

// The sandbox is not the machine: other namespaces, no link but lo, a tmpfs for temporary files.
func TestSandbox(t *testing.T) {
	Need(t, Root())
	for _, ns := range []string{"mnt", "net", "uts", "ipc"} {
		ours, err := os.Readlink("/proc/self/ns/" + ns)
		if err != nil {
			t.Fatal(err)
		}
		parents, err := os.Readlink("/proc/" + parent(t) + "/ns/" + ns)
		if err != nil {
			t.Fatal(err)
		}
		if ours == parents {
			t.Errorf("namespace %s is shared with the outside: %s", ns, ours)
		}
	}
	list, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 || list[0].Flags&net.FlagUp == 0 {
		t.Errorf("want lo alone, and up: %v", list)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(t.TempDir(), &fs); err != nil || fs.Type != unix.TMPFS_MAGIC {
		t.Errorf("temporary directories are not on the sandbox's tmpfs (%v)", err)
	}
}

// parent finds the process outside: the one whose child we are, in the /proc that we share with it.
func parent(t *testing.T) string {
	t.Helper()
	stat, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))[1]
}

func TestMustRun(t *testing.T) {
	for _, c := range []struct {
		must, may, name string
		want            bool
	}{
		{"", "", "nft", false}, {"1", "", "nft", true}, {"root,nft", "", "nft", true}, {"root", "", "nft", false},
		{"1", "nft", "nft", false}, {"1", "systemd,nft", "nft", false}, {"1", "systemd", "nft", true},
	} {
		if got := mustRun(c.must, c.may, c.name); got != c.want {
			t.Errorf("MUST_RUN=%s MAY_SKIP=%s, need %s: %v", c.must, c.may, c.name, got)
		}
	}
}

func sh(t *testing.T, line string) {
	t.Helper()
	if out, err := exec.Command("sh", "-c", line).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

// No container of the machine, which may end at any time, is in sight.
func TestSandboxIsAlone(t *testing.T) {
	Need(t, Root())
	list, err := mountinfo.GetMounts(mountinfo.FSTypeFilter("overlay", "nsfs"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if strings.Count(m.Mountpoint, "/") > 1 {
			t.Errorf("%s, of another container, is mounted", m.Mountpoint)
		}
	}
}
