// This file checks what is said of cgroups: on files as v2 and v1 have them, and on this machine's own.
package look

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

func TestParseCgroups(t *testing.T) {
	got, err := ParseCgroups("4:cpu,cpuacct:/box\n1:name=systemd:/a:b\n0::/../box\n")
	want := []Membership{
		{4, []string{"cpu", "cpuacct"}, "/box"}, {1, []string{"name=systemd"}, "/a:b"}, {0, nil, "/../box"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("error %v\n got %+v\nwant %+v", err, got, want)
	}
	if _, err := ParseCgroups("no cgroup\n"); err == nil {
		t.Error("any text passes as a cgroup")
	}
}

// put writes the files of a cgroup.
func put(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func values(t *testing.T, l Layout, groups []Membership) map[string]string {
	t.Helper()
	limits, err := LimitsOf(l, groups)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, limit := range limits {
		if limit.Present {
			found[limit.Resource] = limit.Value
		}
	}
	return found
}

func TestLimitsOfV2(t *testing.T) {
	root := t.TempDir()
	put(t, root+"/box", map[string]string{
		"memory.max": "max\n", "memory.current": "4096\n", "memory.events": "low 0\nhigh 0\nmax 3\noom 1\noom_kill 1\n",
		"cpu.max": "50000 100000\n", "cpu.stat": "usage_usec 12\nnr_throttled 7\n", "pids.max": "10\n", "cgroup.freeze": "0\n",
	})
	l := Layout{Mode: ModeV2, V2: Hierarchy{Point: root, Root: "/", Controllers: []string{"memory", "cpu", "pids"}}}
	want := map[string]string{
		"memory limit": "max", "memory used": "4096", "memory limit hit": "3", "killed for memory": "1", "cpu quota": "50000",
		"cpu period": "100000", "cpu time used": "12", "cpu throttled": "7", "pids limit": "10", "frozen": "0"}
	if got := values(t, l, []Membership{{ID: 0, Path: "/box"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
}

func TestLimitsOfV1(t *testing.T) {
	root := t.TempDir()
	put(t, root+"/memory/box", map[string]string{"memory.limit_in_bytes": "1048576\n",
		"memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n", "memory.max": "a v2 name, not asked for\n"})
	put(t, root+"/pids/other", map[string]string{"pids.max": "max\n"})
	l := Layout{Mode: ModeV1, V1: map[string]Hierarchy{
		"memory": {Point: root + "/memory", Root: "/", Controllers: []string{"memory"}},
		"pids":   {Point: root + "/pids", Root: "/", Controllers: []string{"pids"}}}}
	groups := []Membership{{ID: 2, Controllers: []string{"memory"}, Path: "/box"}, {ID: 3, Controllers: []string{"pids"}, Path: "/other"}}
	want := map[string]string{"memory limit": "1048576", "killed for memory": "2", "pids limit": "max"}
	if got := values(t, l, groups); !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
}

func TestLimitsOfARealCgroup(t *testing.T) {
	l, err := HostLayout()
	if err != nil {
		t.Fatal(err)
	}
	if !l.Has("pids") || os.Getuid() != 0 {
		t.Skip("needs root and the pids controller")
	}
	dir := l.Dir("pids", "/looktest")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.WriteFile(dir+"/pids.max", []byte("17"), 0o644); err != nil {
		t.Skipf("the pids controller can not be used here: %v", err)
	}
	pids, version := l.Where("pids")
	group := Membership{ID: 0, Path: "/looktest"}
	if version == 1 {
		group = Membership{ID: 1, Controllers: pids.Controllers, Path: "/looktest"}
	}
	got := values(t, l, []Membership{group})
	if got["pids limit"] != "17" || got["pids now"] != "0" {
		t.Errorf("pids limit %q, pids now %q; want 17 and 0", got["pids limit"], got["pids now"])
	}
	if _, err := CgroupLimits(os.Getpid()); err != nil {
		t.Error(err)
	}
}
