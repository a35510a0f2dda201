// These tests ask which cgroups an ordinary user may use, in trees that are plain directories.
package plan

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"glassbox/kernel/look"
)

func TestDelegation(t *testing.T) {
	for _, c := range []struct {
		controllers string // in the group above the container's
		on, not     []string
	}{
		{"memory pids\n", []string{"memory", "pids"}, []string{"cpu"}},
		{"\n", nil, []string{"cpu", "memory", "pids"}},
	} {
		h := Host{Cgroups: look.Layout{Mode: look.ModeV2, V2: look.Hierarchy{Point: t.TempDir(), Root: "/", Controllers: []string{"cpu", "memory", "pids"}}}}
		for _, file := range []string{"cgroup.procs", "part/cgroup.procs", "part/cgroup.controllers"} {
			path := filepath.Join(h.Cgroups.V2.Point, file)
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(c.controllers), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := h.Delegated(container(t, func(c *Container) { c.Spec.Linux.CgroupsPath = "/part/box" }))
		if err != nil || got.Cgroups.Mode != look.ModeV2 || !slices.Equal(got.Cgroups.V2.Controllers, c.on) || !slices.Equal(got.Undelegated, c.not) || !got.Rootless {
			t.Errorf("%+v: %+v (%v)", c, got, err)
		}
	}
}

func TestNothingIsDelegated(t *testing.T) {
	h := Host{Cgroups: look.Layout{Mode: look.ModeV2, V2: look.Hierarchy{Point: t.TempDir(), Root: "/", Controllers: []string{"pids"}}}}
	got, err := h.Delegated(container(t, func(*Container) {})) // the top has no cgroup.procs
	if err != nil || got.Cgroups.Mode != look.ModeNone || !slices.Equal(got.Undelegated, []string{"pids"}) {
		t.Errorf("%+v (%v)", got, err)
	}
	if dirs := CgroupDirs(container(t, func(*Container) {}), got.Cgroups); len(dirs) > 0 {
		t.Errorf("it would make %q", dirs)
	}
}
