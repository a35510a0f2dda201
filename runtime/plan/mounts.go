// This file decides the mounts that the specification asks for, in its order. OCI config, "mounts".
package plan

import (
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

// cutMounts cuts the list at the first mount of cgroups.
func cutMounts(spec *specs.Spec) (before, from []specs.Mount) {
	cut := slices.IndexFunc(spec.Mounts, func(m specs.Mount) bool { return m.Type == "cgroup" })
	if cut < 0 {
		cut = len(spec.Mounts)
	}
	return spec.Mounts[:cut], spec.Mounts[cut:]
}

func mountSteps(c Container, h Host, mounts []specs.Mount) []explain.Step {
	var steps []explain.Step
	for _, m := range mounts {
		r := readOptions(m.Options)
		switch {
		case r.flags&unix.MS_REMOUNT != 0:
			steps = append(steps, remount(c, m, r))
		case m.Type == "cgroup":
			steps = append(steps, cgroupMount(c, h, m, r))
		case r.bind || m.Type == "bind":
			steps = append(steps, bindMount(c, h, m, r))
		case m.Type == "":
			steps = append(steps, explain.Say("Change "+title(m.Destination), "what is mounted there gets other attributes", "01", afterOps(c, m, r)...))
		default:
			steps = append(steps, plainMount(c, m, r))
		}
	}
	return steps
}

// plainMount attaches a file system of its own: proc, tmpfs, devpts, mqueue, sysfs …
func plainMount(c Container, m specs.Mount, r mountRequest) explain.Step {
	root := c.Rootfs()
	ops := []explain.Op{
		kernel.EnsureDirIn{Root: root, Path: m.Destination, Mode: 0o755},
		kernel.MountIn{Root: root, Source: m.Source, Target: m.Destination, FSType: m.Type, Flags: r.flags, Data: r.data},
	}
	switch {
	case r.copyUp && m.Type == "tmpfs":
		ops[1] = kernel.CopyUpIn{Root: root, Target: m.Destination, Flags: r.flags &^ unix.MS_RDONLY, Data: r.data}
		if r.flags&unix.MS_RDONLY != 0 {
			ops = append(ops, kernel.RemountIn{Root: root, Target: m.Destination, Flags: r.flags})
		}
	case isDev(m) && r.flags&unix.MS_RDONLY != 0: // the nodes have to be made first: see devReadonly
		ops[1] = kernel.MountIn{Root: root, Source: m.Source, Target: m.Destination, FSType: m.Type, Flags: r.flags &^ unix.MS_RDONLY, Data: r.data}
	}
	return explain.Say("Mount "+title(m.Destination), mountWhy(m), "01", append(ops, afterOps(c, m, r)...)...).Kept(mountKeep(m))
}

// afterOps are what one mount call can not do: attributes of the whole tree, and propagation.
func afterOps(c Container, m specs.Mount, r mountRequest) []explain.Op {
	var ops []explain.Op
	if r.tree != (attributes{}) {
		ops = append(ops, kernel.SetAttributesIn{Root: c.Rootfs(), Target: m.Destination, Set: r.tree.set, Clear: r.tree.clear})
	}
	if r.propagation != 0 {
		ops = append(ops, kernel.SetPropagationIn{Root: c.Rootfs(), Target: m.Destination, Type: r.propagation})
	}
	return ops
}

// remount changes what is mounted at the destination: of a bind, the mount alone; of anything else, the file system.
func remount(c Container, m specs.Mount, r mountRequest) explain.Step {
	var op explain.Op = kernel.MountIn{Root: c.Rootfs(), Source: m.Source, Target: m.Destination, FSType: m.Type, Flags: r.flags, Data: r.data}
	if r.bind || m.Type == "bind" {
		op = kernel.RemountIn{Root: c.Rootfs(), Target: m.Destination, Flags: r.flags &^ unix.MS_REMOUNT}
	}
	return explain.Say("Remount "+title(m.Destination), "what is mounted there gets other flags", "01",
		append([]explain.Op{op}, afterOps(c, m, r)...)...)
}

func mountWhy(m specs.Mount) string {
	switch m.Type {
	case "proc":
		return "a new instance shows the processes of the new PID namespace and no others"
	case "sysfs":
		return "a new instance shows the devices of the new network namespace"
	case "devpts":
		return "a new instance has terminals of its own: nobody here can open the host's"
	case "mqueue":
		return "a new instance shows the message queues of the new IPC namespace"
	case "tmpfs":
		return "files in memory, gone with the container"
	}
	return "the specification asks for it"
}

func mountKeep(m specs.Mount) string {
	if isDev(m) {
		return "the device nodes that follow would be made in the image"
	}
	return ""
}

// bindMount shows a place of the host inside.
func bindMount(c Container, h Host, m specs.Mount, r mountRequest) explain.Step {
	root := c.Rootfs()
	var ops []explain.Op
	if h.Paths[bindSource(c, m)] == File {
		ops = append(ops, kernel.EnsureFileIn{Root: root, Path: m.Destination})
	} else {
		ops = append(ops, kernel.EnsureDirIn{Root: root, Path: m.Destination, Mode: 0o755})
	}
	ops = append(ops, placeOps(c, m, r)...)
	ops = append(ops, afterOps(c, m, r)...)
	return explain.Say("Bind "+title(m.Destination), "a part of the host is shown inside, as the one that was asked for", "03", ops...)
}

// cgroupMount shows the container its own groups: one mount in v2, one for each controller in v1 on a small tmpfs.
func cgroupMount(c Container, h Host, m specs.Mount, r mountRequest) explain.Step {
	root := c.Rootfs()
	ops := []explain.Op{kernel.EnsureDirIn{Root: root, Path: m.Destination, Mode: 0o755}}
	switch {
	case len(v1Trees(h.Cgroups)) > 0 || h.Cgroups.V2.Point == "":
		ops = append(ops, cgroupMountsV1(c, h, m, r)...)
	case hasNamespace(c.Spec, specs.CgroupNamespace):
		ops = append(ops, kernel.MountIn{Root: root, Source: "cgroup", Target: m.Destination, FSType: "cgroup2", Flags: r.flags})
	default: // a mount from the first cgroup namespace would show the host's tree, and change the options of the host's mount
		source := h.Cgroups.V2.Point
		if dirs := CgroupDirs(c, h.Cgroups); len(dirs) > 0 {
			source = dirs[0]
		}
		ops = append(ops, kernel.BindFlagsIn{Root: root, Source: source, Target: m.Destination, Flags: r.flags})
	}
	return explain.Say("Mount "+title(m.Destination), "the container may read its own limits and no one else's", "02", ops...)
}

func cgroupMountsV1(c Container, h Host, m specs.Mount, r mountRequest) []explain.Op {
	root := c.Rootfs()
	ops := []explain.Op{kernel.MountIn{Root: root, Source: "tmpfs", Target: m.Destination, FSType: "tmpfs",
		Flags: r.flags &^ unix.MS_RDONLY, Data: "mode=755,size=65536"}}
	for _, tree := range v1Trees(h.Cgroups) {
		target := path.Join(m.Destination, path.Base(tree.Point))
		ops = append(ops, kernel.EnsureDirIn{Root: root, Path: target, Mode: 0o755})
		ops = append(ops, pairLinks(root, m.Destination, tree)...)
		if newNamespace(c.Spec, specs.CgroupNamespace) {
			ops = append(ops, kernel.MountIn{Root: root, Source: "cgroup", Target: target, FSType: "cgroup",
				Flags: r.flags, Data: strings.Join(tree.Controllers, ",")})
			continue
		}
		ops = append(ops, kernel.BindFlagsIn{Root: root, Source: tree.Dir(c.CgroupPath()), Target: target, Flags: r.flags})
	}
	if r.flags&unix.MS_RDONLY != 0 {
		ops = append(ops, kernel.RemountIn{Root: root, Target: m.Destination, Flags: r.flags})
	}
	return ops
}

// pairLinks lets a controller that shares its tree with others, as systemd mounts "cpu,cpuacct", be found by its own name.
func pairLinks(root, dir string, tree look.Hierarchy) []explain.Op {
	var ops []explain.Op
	for _, controller := range tree.Controllers {
		if base := path.Base(tree.Point); len(tree.Controllers) > 1 && controller != base {
			ops = append(ops, kernel.SymlinkIn{Root: root, Target: base, Path: path.Join(dir, controller)})
		}
	}
	return ops
}

// title cuts a long path to what fits a step's title.
func title(destination string) string {
	return cut(destination, 32)
}

func cut(destination string, room int) string {
	if len(destination) <= room {
		return destination
	}
	return "…" + destination[len(destination)-room+1:]
}
