// This file makes the container's group a unit of systemd, on machines whose groups systemd looks after (--systemd-cgroup). Limits
// are written into the files and told to systemd too: whenever it reads its units anew, it writes what it knows into the files.
// man 5 systemd.resource-control.
package plan

import (
	"os"
	"path"
	"slices"

	"glassbox/explain"
	"glassbox/kernel"
)

// Scope is the unit that a container becomes.
type Scope struct {
	Unit  string `json:"unit"`  // "docker-ID.scope"
	Slice string `json:"slice"` // where it belongs: "system.slice"
}

// SystemdRuns tells whether there is anybody to ask: the test of man 3 sd_booted. Who is not root has a systemd of his own, which
// keeps groups elsewhere.
func SystemdRuns() bool {
	_, err := os.Stat("/run/systemd/system")
	return err == nil && !Rootless()
}

// TransientSlices leaves out the slices that a file of systemd's describes: those it makes, and keeps.
func TransientSlices(dirs []string) []string {
	return slices.DeleteFunc(slices.Clone(dirs), func(dir string) bool {
		for _, place := range []string{"/etc", "/run", "/usr/lib", "/lib"} {
			if _, err := os.Stat(place + "/systemd/system/" + path.Base(dir)); err == nil {
				return true
			}
		}
		return false
	})
}

// ScopeSteps come before the limits: systemd writes some of its own when it takes a group over.
func ScopeSteps(c Container, h Host, pid int) []explain.Step {
	if !h.Systemd {
		return nil
	}
	var units []string
	for _, dir := range h.Slices {
		units = append(units, path.Base(dir))
	}
	slices.Sort(units) // "a.slice" comes before "a-b.slice", which lies in it
	slices.SortStableFunc(units, func(a, b string) int { return len(a) - len(b) })
	ops := append(deviceRules(c, h.Cgroups), limitOps(c, h.Cgroups)...)
	var again []explain.Op
	if bornIn(c, h) == "" { // in v1 systemd removes, in the trees that it knows, empty groups that it has no use for
		for _, dir := range CgroupDirs(c, h.Cgroups) {
			again = append(again, kernel.EnsureDir{Path: dir, Mode: 0o755})
		}
	}
	return []explain.Step{explain.Say("Make it a unit of systemd",
		"systemd looks after all groups: one that it does not know it may change or remove", "02",
		append([]explain.Op{kernel.ScopeStart{Unit: c.Scope.Unit, Slice: c.Scope.Slice, Description: "glassbox container " + c.ID, PID: pid,
			Properties: unitProperties(ops), Slices: slices.Compact(units)}}, again...)...)}
}

// scopeUpdate tells systemd of the limits that ops write.
func scopeUpdate(c Container, ops []explain.Op) []explain.Op {
	properties := unitProperties(ops)
	if c.Scope == nil || len(properties) == 0 {
		return nil
	}
	return []explain.Op{kernel.ScopeSet{Unit: c.Scope.Unit, Properties: properties}}
}

// unitProperties are what the ops write, in systemd's words.
func unitProperties(ops []explain.Op) []kernel.UnitProperty {
	t := translator{period: "100000"}
	for _, op := range ops {
		if either, ok := op.(kernel.CgroupSetEither); ok {
			op = either.First
		}
		if set, ok := op.(kernel.CgroupSet); ok {
			t.add(path.Base(set.File), set.Value)
		}
	}
	return t.finish()
}
