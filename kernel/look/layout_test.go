// This file checks the layout of cgroups against recorded machines of each kind and against this one.
package look

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

const (
	v2Machine = `24 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 24 0:27 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate,memory_recursiveprot
`
	v1Machine = `24 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 24 0:26 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/memory rw,nosuid - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/blkio rw,nosuid - cgroup cgroup rw,blkio
34 30 0:30 / /sys/fs/cgroup/systemd rw,nosuid - cgroup cgroup rw,xattr,release_agent=/lib/agent,name=systemd
`
	hybridMachine = v1Machine + "35 30 0:31 / /sys/fs/cgroup/unified rw,nosuid - cgroup2 cgroup2 rw\n"
	systemdAndV2  = v2Machine + "36 24 0:30 / /run/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n"
	insideDocker  = `31 30 0:28 /docker/c1 /sys/fs/cgroup/memory ro,nosuid master:17 - cgroup cgroup rw,memory
`
)

func TestLayoutOfRecordedMachines(t *testing.T) {
	for _, m := range []struct {
		name, mountinfo, controllers string
		mode                         string
		dirs                         map[string]string
	}{
		{"v2", v2Machine, "cpuset cpu io memory pids\n", ModeV2, map[string]string{
			"memory": "/sys/fs/cgroup/box", "blkio": "/sys/fs/cgroup/box", "freezer": "/sys/fs/cgroup/box",
			"devices": "/sys/fs/cgroup/box", "hugetlb": "", "name=systemd": ""}},
		{"v1", v1Machine, "", ModeV1, map[string]string{
			"memory": "/sys/fs/cgroup/memory/box", "cpuacct": "/sys/fs/cgroup/cpu,cpuacct/box",
			"io": "/sys/fs/cgroup/blkio/box", "freezer": "", "pids": "", "name=systemd": "/sys/fs/cgroup/systemd/box"}},
		{"hybrid", hybridMachine, "pids\n", ModeHybrid, map[string]string{
			"memory": "/sys/fs/cgroup/memory/box", "pids": "/sys/fs/cgroup/unified/box", "hugetlb": ""}},
		{"v2 with systemd's own tree", systemdAndV2, "memory\n", ModeV2, map[string]string{
			"memory": "/sys/fs/cgroup/box", "name=systemd": "/run/cgroup/systemd/box"}},
		{"no cgroups", "24 1 254:1 / / rw - ext4 /dev/vda1 rw\n", "", ModeNone, map[string]string{"memory": ""}},
	} {
		t.Run(m.name, func(t *testing.T) {
			l, err := LayoutOf(m.mountinfo, m.controllers)
			if err != nil || l.Mode != m.mode {
				t.Fatalf("mode %q, error %v; want %q", l.Mode, err, m.mode)
			}
			for controller, want := range m.dirs {
				if got := l.Dir(controller, "/box"); got != want || l.Has(controller) != (want != "") {
					t.Errorf("%s: Dir %q, Has %v; want %q", controller, got, l.Has(controller), want)
				}
			}
		})
	}
}

func TestLayoutInsideAContainer(t *testing.T) {
	l, err := LayoutOf(insideDocker, "")
	if err != nil {
		t.Fatal(err)
	}
	if got := l.Dir("memory", "/docker/c1/inner"); got != "/sys/fs/cgroup/memory/inner" {
		t.Errorf("a cgroup below the mounted one: %q", got)
	}
	if got := l.Dir("memory", "/docker/c10"); got != "/sys/fs/cgroup/memory/docker/c10" {
		t.Errorf("a cgroup whose name merely begins alike: %q", got)
	}
}

// Mountinfo is read no further than to where the layout is complete; a tree that is missing, or shown in part, is looked for to the end.
func TestLayoutIsComplete(t *testing.T) {
	const own = "3:memory:/box\n2:cpu,cpuacct:/box\n1:name=systemd:/\n0::/box\n"
	for _, c := range []struct {
		name, mountinfo, own string
		want                 bool
	}{
		{"every tree", hybridMachine, own, true},
		{"v2 alone", v2Machine, "0::/box\n", true},
		{"v2 is still to come", v1Machine, own, false},
		{"v2 has no tree", v1Machine, withoutV2(own), true},
		{"another controller", hybridMachine, "9:pids:/box\n" + own, false},
		{"a part of a tree", insideDocker, "3:memory:/docker/c1\n", false},
	} {
		if l, err := LayoutOf(c.mountinfo, ""); err != nil || l.complete(c.own) != c.want {
			t.Errorf("%s: complete is %v (%v)", c.name, !c.want, err)
		}
	}
}

func TestTreesAreListedOnce(t *testing.T) {
	l, err := LayoutOf(hybridMachine, "pids")
	if err != nil {
		t.Fatal(err)
	}
	var points []string
	for _, h := range l.Trees() {
		points = append(points, filepath.Base(h.Point))
	}
	if want := []string{"blkio", "cpu,cpuacct", "memory", "systemd", "unified"}; !slices.Equal(points, want) {
		t.Errorf("trees %v, want %v", points, want)
	}
}

func TestHostLayoutNamesRealTrees(t *testing.T) {
	l, err := HostLayout()
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Trees()) == 0 {
		t.Skip("no cgroups are mounted on this machine")
	}
	for _, h := range l.Trees() {
		if _, err := os.Stat(h.Dir("/") + "/cgroup.procs"); err != nil {
			t.Errorf("%v is no cgroup: %v", h.Controllers, err)
		}
	}
	for c, h := range l.V1 {
		if hidden(Mount{Point: h.Point, FSType: "cgroup"}) {
			t.Errorf("the tree of %s is hidden", c)
		}
	}
}

// The control of the rule "never by whether a directory exists": a tmpfs that looks like a controller's tree is not one.
func TestATmpfsIsNotACgroup(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/cgroup.procs", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, fstype := range []string{"cgroup", "cgroup2"} {
		if !hidden(Mount{Point: dir, FSType: fstype}) {
			t.Errorf("a plain directory passed as a %s tree", fstype)
		}
	}
	if !hidden(Mount{Point: dir + "/nowhere", FSType: "cgroup"}) {
		t.Error("a missing directory passed as a tree")
	}
}

func BenchmarkHostLayout(b *testing.B) {
	for b.Loop() {
		if _, err := HostLayout(); err != nil {
			b.Fatal(err)
		}
	}
}
