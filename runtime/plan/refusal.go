// This file refuses limits that this host can not hold: a limit that is not applied protects nobody. OCI config-linux,
// "Control groups".
package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// Refusal says which mount means nothing, and which part of linux.resources needs what the host does not have.
func Refusal(c Container, h Host) error {
	for _, m := range c.Spec.Mounts {
		if r := readOptions(m.Options); m.Type == "" && !r.bind && r.flags&unix.MS_REMOUNT == 0 && len(afterOps(c, m, r)) == 0 {
			return fmt.Errorf("mounts: %s: neither a type nor the option bind or remount: say what is to be mounted", m.Destination)
		}
	}
	if err := refuseGroups(c, h); err != nil {
		return err
	}
	r := c.resources()
	if r == nil {
		return nil
	}
	for _, row := range slices.Concat(limits, rareLimits) {
		asked := row.v1 != nil && row.v1(r) != "" || row.v2 != nil && row.v2(r) != ""
		if asked && !usable(h.Cgroups, row.controller) {
			return noController(h, row.resource, row.controller)
		}
	}
	for _, only := range onlyV1 {
		if _, version := h.Cgroups.Where(only.controller); version == 2 && only.value(r) != "" {
			return fmt.Errorf("linux.resources: %s: cgroup v2 has no such limit: leave it out", only.resource)
		}
	}
	//lint:ignore SA1019 deprecated, and so still to be met
	if r.Memory != nil && r.Memory.Kernel != nil && *r.Memory.Kernel > 0 {
		return errors.New("linux.resources: memory.kernel: Linux has no such limit any more (since 5.16): leave it out")
	}
	return refuseLists(r, h)
}

// onlyV1 are the limits that v2 has left behind.
var onlyV1 = []struct {
	resource, controller string
	value                func(*specs.LinuxResources) string
}{
	{"memory.disableOOMKiller", "memory", oomDisable}, {"memory.swappiness", "memory", swappiness},
	{"memory.kernelTCP", "memory", kernelTCP}, {"cpu.realtimeRuntime", "cpu", realtimeRuntime},
	{"cpu.realtimePeriod", "cpu", realtimePeriod}, {"blockIO.leafWeight", "blkio", leafWeight},
}

// usable tells whether containers have groups in the tree of a controller. On a hybrid host they have none in v2's.
func usable(l look.Layout, controller string) bool {
	_, version := l.Where(controller)
	return version == 1 || version == 2 && l.Mode == look.ModeV2
}

func noController(h Host, resource, controller string) error {
	if slices.Contains(h.Undelegated, controller) || controller == "blkio" && slices.Contains(h.Undelegated, "io") {
		return fmt.Errorf("linux.resources: %s: this user may make no group for the %s controller there: leave it out, "+
			"or have it delegated (systemd: Delegate=yes) and name the place in linux.cgroupsPath", resource, controller)
	}
	return fmt.Errorf("linux.resources: %s: the %s controller is not mounted where this host's containers are (see /proc/cgroups, /proc/mounts)", resource, controller)
}

// refuseLists looks at the resources that are lists.
func refuseLists(r *specs.LinuxResources, h Host) error {
	l := h.Cgroups
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
		if need.asked && !usable(l, need.controller) {
			return noController(h, need.resource, need.controller)
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
