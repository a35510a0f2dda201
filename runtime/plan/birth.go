// This file starts the stage: which namespaces are made, which are joined. man 7 namespaces; OCI linux.namespaces.
package plan

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

// cloneFlag gives the flag for each kind of namespace.
func cloneFlag(kind specs.LinuxNamespaceType) uintptr {
	switch kind {
	case specs.PIDNamespace:
		return unix.CLONE_NEWPID
	case specs.NetworkNamespace:
		return unix.CLONE_NEWNET
	case specs.MountNamespace:
		return unix.CLONE_NEWNS
	case specs.IPCNamespace:
		return unix.CLONE_NEWIPC
	case specs.UTSNamespace:
		return unix.CLONE_NEWUTS
	case specs.UserNamespace:
		return unix.CLONE_NEWUSER
	case specs.CgroupNamespace:
		return unix.CLONE_NEWCGROUP
	case specs.TimeNamespace:
		return unix.CLONE_NEWTIME
	}
	return 0
}

// Birth starts the stage. child receives its pid; a plan that is only told needs none. LESSON: birth
func Birth(c Container, h Host, child *kernel.Child) explain.Step {
	op := kernel.Clone{Child: child, Cgroup: bornIn(c, h), Unprivileged: h.UID != 0, Nested: h.Rootless && h.UID == 0}
	for _, ns := range c.Spec.Linux.Namespaces {
		flag := cloneFlag(ns.Type)
		switch {
		case ns.Path != "" && ns.Type != specs.MountNamespace && ns.Type != specs.CgroupNamespace:
			op.Join = append(op.Join, kernel.Namespace{Flag: flag, Path: ns.Path})
		case ns.Path == "" && ns.Type != specs.CgroupNamespace:
			op.New |= flag
		}
	}
	if bare(c) { // its mount namespace is to be a copy of another one than ours
		op.New &^= unix.CLONE_NEWNS
	}
	if op.New&unix.CLONE_NEWUSER != 0 {
		op.UIDs, op.GIDs = idMaps(c.Spec.Linux.UIDMappings), idMaps(c.Spec.Linux.GIDMappings)
	}
	op.Offsets = timeOffsets(c.Spec.Linux.TimeOffsets)
	return explain.Say("Start a process in new namespaces",
		"a namespace is chosen at birth: the child sees its own processes, mounts, names and network", "01", op).
		Kept("without the process there is no container")
}

func idMaps(maps []specs.LinuxIDMapping) []kernel.IDMap {
	out := make([]kernel.IDMap, len(maps))
	for i, m := range maps {
		out[i] = kernel.IDMap{Container: int(m.ContainerID), Host: int(m.HostID), Size: int(m.Size)}
	}
	return out
}

// timeOffsets sorts by clock: a map has no order, a plan has one.
func timeOffsets(offsets map[string]specs.LinuxTimeOffset) []kernel.TimeOffset {
	var out []kernel.TimeOffset
	for _, clock := range []string{"boottime", "monotonic"} {
		if o, ok := offsets[clock]; ok {
			out = append(out, kernel.TimeOffset{Clock: clock, Secs: o.Secs, Nanos: int64(o.Nanosecs)})
		}
	}
	return slices.Clip(out)
}

// cgroupNamespaceSteps: a new cgroup namespace takes the group that its maker is in as its root, so it is made only now, after the
// stage was moved; and who is in another one can not be moved or born across its border (nsdelegate in man 7 cgroups).
func cgroupNamespaceSteps(spec *specs.Spec) []explain.Step {
	var steps []explain.Step
	if newNamespace(spec, specs.CgroupNamespace) {
		steps = append(steps, explain.Say("Make its cgroup the top of the tree",
			"in a cgroup namespace the group that one is in looks like the root of all", "02",
			kernel.Unshare{Flags: unix.CLONE_NEWCGROUP}))
	}
	for _, ns := range spec.Linux.Namespaces {
		if ns.Type == specs.CgroupNamespace && ns.Path != "" {
			steps = append(steps, joinCgroupNamespace(ns.Path))
		}
	}
	return steps
}

// bare tells whether the container's mounts begin as a copy of other mounts than the runtime's.
func bare(c Container) bool { return c.Bare != "" && newNamespace(c.Spec, specs.MountNamespace) }

// joinsMounts tells whether the container has the mount namespace of others.
func joinsMounts(spec *specs.Spec) bool {
	return hasNamespace(spec, specs.MountNamespace) && !newNamespace(spec, specs.MountNamespace)
}

// joinMountsSteps: the host's paths are out of sight afterwards.
func joinMountsSteps(spec *specs.Spec) []explain.Step {
	var steps []explain.Step
	for _, ns := range spec.Linux.Namespaces {
		if ns.Type == specs.MountNamespace && ns.Path != "" {
			steps = append(steps, explain.Say("Join a mount namespace",
				"the specification names one that is there already", "01", kernel.JoinMounts{Path: ns.Path}).
				Kept("the mounts that follow would be made on the host"))
		}
	}
	return steps
}

func loopbackSteps(spec *specs.Spec) []explain.Step {
	if !newNamespace(spec, specs.NetworkNamespace) {
		return nil
	}
	return []explain.Step{explain.Say("Switch on the loopback device",
		"a new network namespace has only lo, and lo is down", "01", kernel.LoopbackUp{})}
}

func joinCgroupNamespace(path string) explain.Step {
	return explain.Say("Join a cgroup namespace", "the top of the tree is then what it is for those who are in it", "02",
		kernel.JoinCgroups{Path: path})
}
