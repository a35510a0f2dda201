// This file changes a container that runs: other limits, a pause. Both are no more than writes to the files of its cgroup.
package plan

import (
	"path"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

// Update writes the limits that r asks for, and nothing of the others. c has the limits of before.
func Update(c Container, l look.Layout, r *specs.LinuxResources) []explain.Step {
	before := c.Spec.Linux.Resources
	changed := WithResources(c, r)
	ops := limitOps(changed, l)
	if raisesMemory(before, r) {
		ops = swapFirst(ops)
	}
	if len(ops) == 0 {
		return nil
	}
	return []explain.Step{explain.Say("Change the limits",
		"the kernel reads a limit whenever it counts: a new number holds at once", "02", append(scopeUpdate(c, ops), ops...)...)}
}

// WithResources is the container with other limits. v2 writes swap alone, so that it has to know the memory, too.
func WithResources(c Container, r *specs.LinuxResources) Container {
	spec, linux, resources := *c.Spec, *c.Spec.Linux, *r
	if old := c.Spec.Linux.Resources; old != nil && old.Memory != nil && r.Memory != nil && r.Memory.Swap != nil && r.Memory.Limit == nil {
		memory := *r.Memory
		memory.Limit = old.Memory.Limit
		resources.Memory = &memory
	}
	linux.Resources, spec.Linux, c.Spec = &resources, &linux, &spec
	return c
}

// raisesMemory: in v1 "memory and swap" must never be less than "memory", so the former is raised first and lowered last.
func raisesMemory(before, r *specs.LinuxResources) bool {
	if r.Memory == nil || r.Memory.Limit == nil || before == nil || before.Memory == nil || before.Memory.Limit == nil {
		return false
	}
	then, now := *before.Memory.Limit, *r.Memory.Limit
	return then > 0 && (now < 0 || now > then)
}

func swapFirst(ops []explain.Op) []explain.Op {
	for i := 1; i < len(ops); i++ {
		if set, ok := ops[i].(kernel.CgroupSet); ok && path.Base(set.File) == "memory.memsw.limit_in_bytes" {
			ops[i], ops[i-1] = ops[i-1], ops[i]
		}
	}
	return ops
}

// Freeze stops every process of the container, or lets them go on. No signal is involved: they do not notice.
func Freeze(c Container, l look.Layout, frozen bool) []explain.Step {
	dir, value := l.Dir("freezer", c.CgroupPath()), "0"
	_, version := l.Where("freezer")
	file := "cgroup.freeze"
	switch {
	case version == 1 && frozen:
		file, value = "freezer.state", "FROZEN"
	case version == 1:
		file, value = "freezer.state", "THAWED"
	case frozen:
		value = "1"
	}
	title := "Thaw its processes"
	if frozen {
		title = "Freeze its processes"
	}
	return []explain.Step{explain.Say(title, "the freezer keeps a whole group off the processors", "02",
		kernel.CgroupSet{File: path.Join(dir, file), Value: value})}
}
