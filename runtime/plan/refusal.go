// This file refuses limits that this host can not hold: a limit that is not applied protects nobody. OCI config-linux,
// "Control groups".
package plan

import (
	"fmt"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/kernel/look"
)

// Refusal says which part of linux.resources needs what the host does not have.
func Refusal(c Container, h Host) error {
	r := c.Spec.Linux.Resources
	if r == nil {
		return nil
	}
	for _, row := range limits {
		_, version := h.Cgroups.Where(row.controller)
		asked := row.v1 != nil && row.v1(r) != "" || row.v2 != nil && row.v2(r) != ""
		switch {
		case !asked:
		case version == 0:
			return noController(row.resource, row.controller)
		case version == 1 && row.v1File == "" && !hasOther(row, 1, r):
			return fmt.Errorf("linux.resources: %s: cgroup v1 has no such limit", row.resource)
		case version == 2 && row.v2File == "" && !hasOther(row, 2, r):
			return fmt.Errorf("linux.resources: %s: cgroup v2 has no such limit", row.resource)
		}
	}
	return refuseLists(r, h.Cgroups)
}

// hasOther tells whether another row of the same controller writes what this one can not in that version: cpu.max is v2's for
// v1's quota and period.
func hasOther(row limit, version int, r *specs.LinuxResources) bool {
	for _, other := range limits {
		if other.resource == row.resource || other.controller != row.controller || !strings.HasPrefix(other.resource, "cpu") || !strings.HasPrefix(row.resource, "cpu") {
			continue
		}
		if version == 1 && other.v1File != "" && other.v1(r) != "" || version == 2 && other.v2File != "" && other.v2(r) != "" {
			return true
		}
	}
	return false
}

func noController(resource, controller string) error {
	return fmt.Errorf("linux.resources: %s: the %s controller is not mounted on this host (see /proc/cgroups, /proc/mounts)", resource, controller)
}

// refuseLists looks at the resources that are lists.
func refuseLists(r *specs.LinuxResources, l look.Layout) error {
	network := r.Network != nil && (r.Network.ClassID != nil || len(r.Network.Priorities) > 0)
	disks := r.BlockIO != nil && len(r.BlockIO.ThrottleReadBpsDevice)+len(r.BlockIO.ThrottleWriteBpsDevice)+
		len(r.BlockIO.ThrottleReadIOPSDevice)+len(r.BlockIO.ThrottleWriteIOPSDevice)+len(r.BlockIO.WeightDevice) > 0
	for _, need := range []struct {
		asked                bool
		resource, controller string
	}{
		{network && r.Network.ClassID != nil, "network.classID", "net_cls"},
		{network && len(r.Network.Priorities) > 0, "network.priorities", "net_prio"},
		{disks, "blockIO", "blkio"},
		{len(r.HugepageLimits) > 0, "hugepageLimits", "hugetlb"},
		{len(r.Rdma) > 0, "rdma", "rdma"},
	} {
		if need.asked && !l.Has(need.controller) {
			return noController(need.resource, need.controller)
		}
	}
	for file := range r.Unified {
		controller, _, _ := strings.Cut(file, ".")
		_, version := l.Where(controller)
		switch {
		case strings.Contains(file, "/"):
			return fmt.Errorf("linux.resources: unified: %q: use the name of a file", file)
		case controller != "cgroup" && version != 2:
			return fmt.Errorf("linux.resources: unified: %q: cgroup v2 does not have the %s controller on this host", file, controller)
		case l.Mode != look.ModeV2:
			return fmt.Errorf("linux.resources: unified: %q: this host is not on cgroup v2 alone: use the fields of v1", file)
		}
	}
	return nil
}
