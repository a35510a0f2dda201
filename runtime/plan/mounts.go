// This file decides the mounts that the specification asks for, in its order. OCI config, "mounts".
package plan

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

func mountSteps(c Container, h Host) []explain.Step {
	var steps []explain.Step
	for _, m := range c.Spec.Mounts {
		r := readOptions(m.Options)
		switch {
		case m.Type == "cgroup":
			steps = append(steps, cgroupMount(c, h, m, r))
		case r.bind || m.Type == "bind":
			steps = append(steps, bindMount(c, h, m, r))
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
	if r.propagation != 0 {
		ops = append(ops, kernel.SetPropagationIn{Root: root, Target: m.Destination, Type: r.propagation})
	}
	return explain.Say("Mount "+title(m.Destination), mountWhy(m), "01", ops...).Kept(mountKeep(m))
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
	if m.Destination == "/dev" {
		return "the device nodes that follow would be made in the image"
	}
	return ""
}

// bindMount shows a place of the host inside. The flags of a bind come by a second call: the first one ignores them.
func bindMount(c Container, h Host, m specs.Mount, r mountRequest) explain.Step {
	root, source := c.Rootfs(), m.Source
	if !filepath.IsAbs(source) {
		source = filepath.Join(c.Bundle, source)
	}
	var ops []explain.Op
	if h.Paths[source] == File {
		ops = append(ops, kernel.EnsureFileIn{Root: root, Path: m.Destination})
	} else {
		ops = append(ops, kernel.EnsureDirIn{Root: root, Path: m.Destination, Mode: 0o755})
	}
	ops = append(ops, kernel.BindIn{Root: root, Source: source, Target: m.Destination, Recursive: r.recursive})
	if r.flags != 0 {
		ops = append(ops, kernel.RemountIn{Root: root, Target: m.Destination, Flags: r.flags})
	}
	if r.propagation != 0 {
		ops = append(ops, kernel.SetPropagationIn{Root: root, Target: m.Destination, Type: r.propagation})
	}
	return explain.Say("Bind "+title(m.Destination), "a part of the host is shown inside, as the one that was asked for", "03", ops...)
}

// cgroupMount shows the container its own groups: one mount in v2, one for each controller in v1 on a small tmpfs.
func cgroupMount(c Container, h Host, m specs.Mount, r mountRequest) explain.Step {
	root := c.Rootfs()
	ops := []explain.Op{kernel.EnsureDirIn{Root: root, Path: m.Destination, Mode: 0o755}}
	switch {
	case h.Cgroups.Mode != look.ModeV2:
		ops = append(ops, cgroupMountsV1(c, h, m, r)...)
	case hasNamespace(c.Spec, specs.CgroupNamespace):
		ops = append(ops, kernel.MountIn{Root: root, Source: "cgroup", Target: m.Destination, FSType: "cgroup2", Flags: r.flags})
	default: // a mount from the first cgroup namespace would show the host's tree, and change the options of the host's mount
		ops = append(ops, kernel.BindIn{Root: root, Source: h.Cgroups.V2.Dir(c.CgroupPath()), Target: m.Destination},
			kernel.RemountIn{Root: root, Target: m.Destination, Flags: r.flags})
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
		if newNamespace(c.Spec, specs.CgroupNamespace) {
			ops = append(ops, kernel.MountIn{Root: root, Source: "cgroup", Target: target, FSType: "cgroup",
				Flags: r.flags, Data: strings.Join(tree.Controllers, ",")})
			continue
		}
		ops = append(ops, kernel.BindIn{Root: root, Source: tree.Dir(c.CgroupPath()), Target: target})
		ops = append(ops, kernel.RemountIn{Root: root, Target: target, Flags: r.flags})
	}
	if r.flags&unix.MS_RDONLY != 0 {
		ops = append(ops, kernel.RemountIn{Root: root, Target: m.Destination, Flags: r.flags})
	}
	return ops
}

// title cuts a long path to what fits a step's title.
func title(destination string) string {
	const room = 32
	if len(destination) <= room {
		return destination
	}
	return "…" + destination[len(destination)-room+1:]
}
