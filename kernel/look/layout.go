// This file finds out how cgroups are mounted on this machine. Three ways are in use:
//
//	v2      one tree at /sys/fs/cgroup with every controller (the norm)
//	v1      one tree per controller: /sys/fs/cgroup/memory, /sys/fs/cgroup/pids …
//	hybrid  v1 trees, and a v2 tree at /sys/fs/cgroup/unified with the controllers that v1 left over
//
// Rule: only mountinfo and the file system's type decide, for each controller. Whether a directory exists or a write
// succeeds says nothing: below a hybrid machine's /sys/fs/cgroup lies a tmpfs that takes any file.
package look

import (
	"path/filepath"
	"slices"
	"strings"
)

// The modes of a Layout.
const (
	ModeV2     = "v2"
	ModeHybrid = "hybrid"
	ModeV1     = "v1"
	ModeNone   = "none"
)

// Layout says where each controller is.
type Layout struct {
	Mode string               `json:"mode"`
	V2   Hierarchy            `json:"v2"`           // Point is empty where there is none
	V1   map[string]Hierarchy `json:"v1,omitempty"` // by controller, and by "name=systemd" for trees that have none
}

// Hierarchy is one mounted tree of cgroups.
type Hierarchy struct {
	Point       string   `json:"point"`
	Root        string   `json:"root"` // the cgroup that is mounted there; not "/" inside some containers
	Controllers []string `json:"controllers"`
}

// mode is named by controllers alone: systemd's own v1 tree ("name=systemd") beside a full v2 does not make a hybrid.
func (l Layout) mode() string {
	controllers := false
	for c := range l.V1 {
		controllers = controllers || !strings.HasPrefix(c, "name=")
	}
	switch {
	case l.V2.Point == "" && len(l.V1) == 0:
		return ModeNone
	case l.V2.Point == "":
		return ModeV1
	case controllers:
		return ModeHybrid
	}
	return ModeV2
}

// Where finds the tree that has a controller, and the version of cgroups that it speaks: 1 or 2, 0 for none. "io" and
// "blkio" are v2's and v1's name of one controller. Freezing, device rules and processor time are built into every v2
// cgroup and not listed in its cgroup.controllers.
func (l Layout) Where(controller string) (tree Hierarchy, version int) {
	v1, v2 := controller, controller
	switch controller {
	case "io", "blkio":
		v1, v2 = "blkio", "io"
	}
	if tree, ok := l.V1[v1]; ok {
		return tree, 1
	}
	builtIn := v2 == "freezer" || v2 == "devices" || v2 == "cpuacct"
	if l.V2.Point != "" && (builtIn || slices.Contains(l.V2.Controllers, v2)) {
		return l.V2, 2
	}
	return Hierarchy{}, 0
}

// Has tells whether a controller can be used.
func (l Layout) Has(controller string) bool {
	_, version := l.Where(controller)
	return version != 0
}

// Dir is the directory of the cgroup path in the tree of a controller; empty if no tree has it.
func (l Layout) Dir(controller, path string) string {
	tree, version := l.Where(controller)
	if version == 0 {
		return ""
	}
	return tree.Dir(path)
}

// Dir is the directory of the cgroup path, as /proc/PID/cgroup names it.
func (h Hierarchy) Dir(path string) string {
	if h.Root != "/" && Within(path, h.Root) {
		path = strings.TrimPrefix(path, h.Root)
	}
	return filepath.Join(h.Point, path)
}

// Trees lists every tree once, in the order of their mount points.
func (l Layout) Trees() []Hierarchy {
	var trees []Hierarchy
	if l.V2.Point != "" {
		trees = append(trees, l.V2)
	}
	for _, h := range l.V1 {
		trees = append(trees, h)
	}
	slices.SortFunc(trees, func(a, b Hierarchy) int { return strings.Compare(a.Point, b.Point) })
	return slices.CompactFunc(trees, func(a, b Hierarchy) bool { return a.Point == b.Point })
}
