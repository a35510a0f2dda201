// This file gives a container's group in cgroup v2 to its user, who may then divide what it has among groups of its own. The
// files with its limits stay ours. OCI config-linux, "Cgroup ownership"; man 7 cgroups, "Delegating".
package plan

import (
	"os"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

// ownerSteps come after the limits, and before the program.
func ownerSteps(c Container, h Host) []explain.Step {
	if len(h.Delegable) == 0 {
		return nil
	}
	dir, uid := c.groupIn(h.Cgroups.V2), hostUser(c.Spec)
	ops := []explain.Op{kernel.CgroupOwner{Path: dir, UID: uid}}
	for _, file := range h.Delegable {
		ops = append(ops, kernel.CgroupOwner{Path: path.Join(dir, file), UID: uid})
	}
	return []explain.Step{explain.Say("Give it its cgroup",
		"its user sees it writable, as the top of a tree: he may make groups below, and raise no limit", "02", ops...)}
}

// delegable are the files that go with the group; none where it stays ours.
func delegable(c Container, h Host) []string {
	if h.Cgroups.Mode != look.ModeV2 || h.Rootless || !newNamespace(c.Spec, specs.CgroupNamespace) || !mountsCgroupWritable(c.Spec) {
		return nil
	}
	if uid := hostUser(c.Spec); uid < 0 || uid == h.UID {
		return nil
	}
	if list, err := os.ReadFile("/sys/kernel/cgroup/delegate"); err == nil {
		return strings.Fields(string(list))
	}
	return []string{"cgroup.procs", "cgroup.subtree_control", "cgroup.threads"}
}

func mountsCgroupWritable(spec *specs.Spec) bool {
	return slices.ContainsFunc(spec.Mounts, func(m specs.Mount) bool {
		return m.Source == "cgroup" && path.Clean(m.Destination) == "/sys/fs/cgroup" && !slices.Contains(m.Options, "ro")
	})
}

// hostUser is the host's number of the user that the program runs as; -1 where it is not known, or has none.
func hostUser(spec *specs.Spec) int {
	uid := spec.Process.User.UID
	if !hasNamespace(spec, specs.UserNamespace) {
		return int(uid)
	}
	for _, m := range spec.Linux.UIDMappings {
		if uid >= m.ContainerID && uid-m.ContainerID < m.Size {
			return int(m.HostID + uid - m.ContainerID)
		}
	}
	return -1
}
