// This file puts the container into cgroups: one directory in v2, one for each controller in v1. man 7 cgroups;
// OCI linux.cgroupsPath.
package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

// Before is what has to be there before the stage: in v2 the group that it is born in.
func Before(c Container, h Host) []explain.Step {
	if bornIn(c, h) == "" {
		return nil
	}
	return groupSteps(c, h)
}

// After is the same for v1, where the stage needs its groups only later.
func After(c Container, h Host) []explain.Step {
	if bornIn(c, h) != "" || len(CgroupDirs(c, h.Cgroups)) == 0 {
		return nil
	}
	return groupSteps(c, h)
}

// Outside is what the runtime does on the host while the stage comes up. pid is the stage's; 0: not known yet.
func Outside(c Container, h Host, pid int) []explain.Step {
	return append(moveSteps(c, h, pid), netDeviceSteps(c, pid)...)
}

// Limits are what the cgroups allow. LESSON: set-limits
func Limits(c Container, h Host) []explain.Step {
	if len(CgroupDirs(c, h.Cgroups)) == 0 {
		return nil
	}
	var steps []explain.Step
	// Without root's rights no device can be made, and no rule either.
	if ops := deviceRules(c, h.Cgroups); len(ops) > 0 && !h.Rootless {
		steps = append(steps, explain.Say("Allow only harmless devices",
			"a device node alone gives no access: the devices controller must allow it too", "02", ops...))
	}
	if ops := early(c, h, limitOps(c, h.Cgroups)); len(ops) > 0 {
		steps = append(steps, explain.Say("Set the limits",
			"each limit is a number written into a file; the kernel does the rest", "02", ops...))
	}
	return steps
}

// moveSteps move the process in. LESSON: move-in
func moveSteps(c Container, h Host, pid int) []explain.Step {
	dirs := CgroupDirs(c, h.Cgroups)
	if len(dirs) == 0 {
		return nil
	}
	var steps []explain.Step
	if bornIn(c, h) == "" && !joinsByItself(c, h) {
		steps = append(steps, joinStep(dirs, pid))
	}
	return append(steps, ownerSteps(c, h)...)
}

// LateLimits come when the stage has nothing left to do but become the program: it is born in its group, and a low limit would not let
// it run a hook.
func LateLimits(c Container, h Host) []explain.Step {
	if bornIn(c, h) == "" {
		return nil
	}
	ops := slices.DeleteFunc(limitOps(c, h.Cgroups), func(op explain.Op) bool { return !counts(op) })
	if len(ops) == 0 {
		return nil
	}
	return []explain.Step{explain.Say("Limit the number of processes",
		"a fork bomb ends at the limit; it is set last, for what prepares the container counts, too", "02", ops...)}
}

// early leaves out what comes late.
func early(c Container, h Host, limits []explain.Op) []explain.Op {
	if bornIn(c, h) == "" {
		return limits
	}
	return slices.DeleteFunc(limits, counts)
}

func counts(op explain.Op) bool {
	set, ok := op.(kernel.CgroupSet)
	return ok && path.Base(set.File) == "pids.max"
}

func groupSteps(c Container, h Host) []explain.Step {
	var create []explain.Op
	for _, dir := range h.Slices {
		create = append(create, kernel.CgroupSlice{Path: dir})
	}
	create = append(create, delegateOps(c, h.Cgroups)...)
	for _, dir := range CgroupDirs(c, h.Cgroups) {
		create = append(create, kernel.CgroupCreate{Path: dir})
	}
	create = append(create, cpusetOps(c, h)...)
	return []explain.Step{explain.Say("Make its cgroups",
		"a cgroup counts what its members use and can limit it", "02", create...).
		Kept("the limits and the end of the container depend on them")}
}

// bornIn is the group that a process is cloned into. Only v2 can do that, and it has to be in its usual place: see BirthWaits. To
// move a process is dearer: the kernel stops every fork of the machine for it, and waits some milliseconds until all processors have
// noticed.
func bornIn(c Container, h Host) string {
	if h.Cgroups.Mode != look.ModeV2 || h.Cgroups.V2.Point != look.CgroupPoint {
		return ""
	}
	return c.groupIn(h.Cgroups.V2)
}

// BirthWaits tells whether the stage can only be started when the cgroups are known: it is born in one, or an ordinary user is told
// which are his.
func BirthWaits() bool { return Rootless() || look.Unified() }

// Threaded says of a place that no container can be born in: a group below one of single threads is neither a group of threads
// nor one of processes ("domain invalid"). man 7 cgroups, "Thread mode".
func Threaded(c Container, h Host) error {
	for dir := bornIn(c, h); dir != h.Cgroups.V2.Point && dir != "" && dir != "/"; dir = path.Dir(dir) {
		kind, err := firstLine(dir + "/cgroup.type")
		if err == nil && kind != "domain" {
			return fmt.Errorf("linux.cgroupsPath %s: the cgroup.type of %s is %q: name a place among groups of whole processes (\"domain\")",
				c.CgroupPath(), dir, kind)
		}
	}
	return nil
}

const joinKeep = "the container's processes could not be found again"

func joinStep(dirs []string, pid int) explain.Step {
	var join []explain.Op
	for _, dir := range dirs {
		join = append(join, kernel.CgroupJoin{Path: dir, PID: pid})
	}
	return explain.Say("Move the process into its cgroups",
		"children are born where their parent is, so nothing of the container escapes the count", "02", join...).Kept(joinKeep)
}

// joinsByItself tells whether the stage moves itself. In v1 a thread that moves itself alone (0 > tasks) needs no lock that
// stops every fork of the machine; a process that is moved by another (PID > cgroup.procs) does, and may wait 10 ms for it. In
// a user namespace the stage has no right to write there.
func joinsByItself(c Container, h Host) bool {
	return h.Cgroups.Mode != look.ModeV2 && !hasNamespace(c.Spec, specs.UserNamespace)
}

func selfJoinSteps(c Container, h Host) []explain.Step {
	if !joinsByItself(c, h) {
		return nil
	}
	var join []explain.Op
	for _, dir := range CgroupDirs(c, h.Cgroups) {
		join = append(join, kernel.CgroupJoinSelf{Path: dir})
	}
	if len(join) == 0 {
		return nil
	}
	return []explain.Step{explain.Say("Move into the cgroups",
		"children are born where their parent is, so nothing of the container escapes the count", "02", join...).Kept(joinKeep)}
}

// CgroupPath is the container's place in every tree.
func (c Container) CgroupPath() string {
	if p := c.Spec.Linux.CgroupsPath; p != "" {
		return path.Join("/", p)
	}
	return "/glassbox/" + c.ID
}

// CgroupDirs lists the directories of the container, one for each tree that has controllers we use.
func CgroupDirs(c Container, l look.Layout) []string {
	if l.Mode == look.ModeV2 {
		return []string{c.groupIn(l.V2)}
	}
	var dirs []string
	for _, tree := range v1Trees(l) {
		dirs = append(dirs, c.groupIn(tree))
	}
	return dirs
}

// groupIn is the container's group in a tree, and for a visitor perhaps one below it.
func (c Container) groupIn(tree look.Hierarchy) string {
	below := c.Subgroups[""]
	for _, controller := range tree.Controllers {
		if sub, ok := c.Subgroups[controller]; ok {
			below = sub
		}
	}
	return tree.Dir(path.Join(c.CgroupPath(), below))
}

// v1Trees are the trees with controllers. systemd's named tree and a hybrid host's rest of v2 limit nothing, so the
// container stays where its maker is there.
func v1Trees(l look.Layout) []look.Hierarchy {
	var trees []look.Hierarchy
	for _, tree := range l.Trees() {
		if tree.Point != l.V2.Point && !strings.HasPrefix(tree.Controllers[0], "name=") {
			trees = append(trees, tree)
		}
	}
	return trees
}

// delegateOps switch the controllers on from the top down to the group above the container's: in v2 a group has only the
// controllers that its parent passes on. man 7 cgroups, cgroup.subtree_control.
func delegateOps(c Container, l look.Layout) []explain.Op {
	if l.Mode != look.ModeV2 {
		return nil
	}
	asked := askedByName(c.Spec.Linux.Resources)
	on := slices.DeleteFunc(slices.Clone(l.V2.Controllers), func(c string) bool { return !wanted(c) && !slices.Contains(asked, c) })
	var ops []explain.Op
	above := path.Dir(c.CgroupPath())
	for i, part := range strings.Split(above, "/") {
		if part == "" && i > 0 {
			continue
		}
		dir := l.V2.Dir(strings.Join(strings.Split(above, "/")[:i+1], "/"))
		if part != "" {
			ops = append(ops, kernel.EnsureDir{Path: dir, Mode: 0o755})
		}
		ops = append(ops, kernel.CgroupDelegate{Path: dir, Controllers: on})
	}
	return ops
}

func wanted(controller string) bool {
	switch controller {
	case "cpu", "cpuset", "memory", "pids", "io", "hugetlb", "rdma":
		return true
	}
	return false
}

// cpusetOps fill in a v1 cpuset, which is born empty and takes no process until it has processors and memory nodes; so does
// each group above it. v2 inherits them.
func cpusetOps(c Container, h Host) []explain.Op {
	tree, version := h.Cgroups.Where("cpuset")
	if version != 1 {
		return nil
	}
	var ops []explain.Op
	group := ""
	for _, part := range strings.Split(strings.Trim(c.CgroupPath(), "/"), "/") {
		group += "/" + part
		ops = append(ops, kernel.CgroupSet{File: path.Join(tree.Dir(group), "cpuset.cpus"), Value: h.CPUs},
			kernel.CgroupSet{File: path.Join(tree.Dir(group), "cpuset.mems"), Value: h.MemoryNodes})
	}
	return ops
}

// OurSlices lists the slices (systemd's groups of groups) above the container's group that systemd has not made. We take them
// back when the last container in them has gone. Other groups above are shared, and stay.
func (h Host) OurSlices(c Container) []string {
	var ours []string
	group := c.CgroupPath()
	for i, r := range group {
		if above := group[:i]; r == '/' && strings.HasSuffix(above, ".slice") {
			for _, dir := range CgroupDirs(Container{ID: c.ID, Spec: &specs.Spec{Linux: &specs.Linux{CgroupsPath: above}}}, h.Cgroups) {
				if (kernel.CgroupSlice{Path: dir}).Ours() {
					ours = append(ours, dir)
				}
			}
		}
	}
	return ours
}
