// This file makes containers with --systemd-cgroup beside a systemd that runs: they are units of it, keep their limits when it
// reads its units anew, and leave nothing with it.
package test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/internal/testkit"
	"glassbox/kernel/look"
	"glassbox/runtime/plan"
)

func systemd() testkit.Requirement {
	return testkit.Requirement{Name: "systemd", Met: func() error {
		if !plan.SystemdRuns() {
			return errors.New("it is not PID 1 of this machine")
		}
		return exec.Command("systemctl", "--version").Run()
	}}
}

// unit is what systemd says of one.
func unit(t *testing.T, name, property string) string {
	t.Helper()
	out, err := exec.Command("systemctl", "show", "--value", "--property", property, name).Output()
	must(t, err)
	return strings.TrimSpace(string(out))
}

// limitedScope is a cell that runs as a unit with limits.
func limitedScope(t *testing.T, cgroupsPath string) *cell {
	t.Helper()
	testkit.Need(t, systemd())
	c := newCell(t)
	memory, swap, pids, quota, period, shares := int64(64<<20), int64(96<<20), int64(50), int64(50000), uint64(100000), uint64(512)
	r := c.spec.Linux.Resources
	r.Memory, r.Pids = &specs.LinuxMemory{Limit: &memory, Swap: &swap}, &specs.LinuxPids{Limit: &pids}
	r.CPU = &specs.LinuxCPU{Quota: &quota, Period: &period, Shares: &shares, Cpus: "0"}
	c.spec.Linux.CgroupsPath = cgroupsPath
	c.write()
	return c
}

func (c *cell) scoped(words ...string) result {
	c.t.Helper()
	return c.oneself(append([]string{"--systemd-cgroup"}, words...)...)
}

// scopeFiles are the limits of limitedScope, as a machine of either version keeps them.
func scopeFiles(t *testing.T, path string) map[string]string {
	t.Helper()
	layout, err := look.HostLayout()
	must(t, err)
	names := []string{"memory memory.max", "memory memory.swap.max", "cpu cpu.max", "cpu cpu.weight", "cpuset cpuset.cpus", "pids pids.max"}
	if layout.Mode != look.ModeV2 {
		names = []string{"memory memory.limit_in_bytes", "cpu cpu.cfs_quota_us", "cpu cpu.shares", "cpuset cpuset.cpus", "pids pids.max", "devices devices.list"}
	}
	files := map[string]string{}
	for _, n := range names {
		controller, file, _ := strings.Cut(n, " ")
		files[file] = strings.TrimSpace(contents(t, filepath.Join(layout.Dir(controller, path), file)))
	}
	if list := strings.Fields(strings.ReplaceAll(files["devices.list"], " ", "_")); len(list) > 0 { // an order it has not
		slices.Sort(list)
		files["devices.list"] = strings.Join(list, " ")
	}
	return files
}

func TestSystemdScope(t *testing.T) {
	c := limitedScope(t, "gbt-a.slice:gb:one")
	const scope, path = "gb-one.scope", "/gbt.slice/gbt-a.slice/gb-one.scope"
	c.background([]string{"--systemd-cgroup", "run", "--detach"}, "sleep")
	for property, want := range map[string]string{"ActiveState": "active", "Slice": "gbt-a.slice", "ControlGroup": path, "Delegate": "yes", "TasksMax": "50"} {
		if got := unit(t, scope, property); got != want {
			t.Errorf("%s is %q, want %q", property, got, want)
		}
	}
	if members := unit(t, scope, "TasksCurrent"); members == "0" {
		t.Errorf("systemd counts %s members", members)
	}
	files := scopeFiles(t, path)
	for file, want := range map[string]string{"memory.max": "67108864", "memory.limit_in_bytes": "67108864", "pids.max": "50", "cpu.max": "50000 100000", "cpuset.cpus": "0"} {
		if got, ok := files[file]; ok && got != want {
			t.Errorf("%s is %q, want %q", file, got, want)
		}
	}
	keeps(t, path)
	if r := c.scoped("update", "--memory", "33554432", "--pids-limit", "40", c.id); r.code != 0 {
		t.Fatal(r)
	}
	if after := scopeFiles(t, path); after["pids.max"] != "40" || after["memory.max"]+after["memory.limit_in_bytes"] != "33554432" {
		t.Errorf("after the update: %v", after)
	}
	keeps(t, path)
	loses(t, path)
	c.clear()
	gone(t, scope, "gbt-a.slice", "gbt.slice")
}

// keeps makes systemd read its units anew.
func keeps(t *testing.T, path string) {
	t.Helper()
	before := scopeFiles(t, path)
	must(t, exec.Command("systemctl", "daemon-reload").Run())
	after := scopeFiles(t, path)
	for file, was := range before {
		if after[file] != was {
			t.Errorf("daemon-reload has changed %s from %q to %q", file, was, after[file])
		}
	}
}

// loses is the control: of a limit that was only written, systemd does not know.
func loses(t *testing.T, path string) {
	t.Helper()
	layout, err := look.HostLayout()
	must(t, err)
	must(t, os.WriteFile(filepath.Join(layout.Dir("pids", path), "pids.max"), []byte("30"), 0))
	must(t, exec.Command("systemctl", "daemon-reload").Run())
	if got := scopeFiles(t, path)["pids.max"]; got != "40" {
		t.Errorf("pids.max is %s: systemd has written nothing, and the test proves nothing", got)
	}
}

func gone(t *testing.T, units ...string) {
	t.Helper()
	layout, err := look.HostLayout()
	must(t, err)
	waitFor(t, "systemd to forget the units", func() bool {
		return !slices.ContainsFunc(units, func(u string) bool { return unit(t, u, "ActiveState") != "inactive" })
	})
	for _, u := range units {
		for _, tree := range layout.Trees() {
			for _, dir := range []string{"/", "/gbt.slice", "/gbt.slice/gbt-a.slice", "/system.slice"} {
				if _, err := os.Stat(filepath.Join(tree.Dir(dir), u)); err == nil {
					t.Errorf("left behind: %s", filepath.Join(tree.Dir(dir), u))
				}
			}
		}
	}
}

// A second container in the slice keeps it; the slice goes with the last.
func TestSystemdSliceIsShared(t *testing.T) {
	one, two := limitedScope(t, "gbt-a.slice:gb:one"), limitedScope(t, "gbt-a.slice:gb:two")
	for _, c := range []*cell{one, two} {
		c.background([]string{"--systemd-cgroup", "run", "--detach"}, "sleep")
	}
	one.clear()
	if got := unit(t, "gb-two.scope", "ActiveState"); got != "active" {
		t.Errorf("the second container's unit is %s", got)
	}
	two.clear()
	gone(t, "gb-one.scope", "gb-two.scope", "gbt-a.slice", "gbt.slice")
}

// A unit of that name is there: the container goes without one, and says so.
func TestSystemdRefuses(t *testing.T) {
	one, two := limitedScope(t, "system.slice:gb:one"), limitedScope(t, "system.slice:gb:one")
	one.background([]string{"--systemd-cgroup", "run", "--detach"}, "sleep")
	two.spec.Linux.CgroupsPath = "gbt-a.slice:gb:one"
	two.spec.Process.Args = []string{probePath, "read"}
	two.write()
	if r := two.scoped("run", "--bundle", two.dir, two.id); r.code != 0 || !strings.Contains(r.stderr, "no unit of systemd") {
		t.Errorf("%s", r)
	}
	one.clear()
	gone(t, "gb-one.scope", "gbt-a.slice", "gbt.slice")
}
