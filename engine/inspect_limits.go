// This file tells about the limits and the namespaces of a container in the API's words.
package engine

import (
	"fmt"
	"strings"

	"github.com/docker/go-units"
	"github.com/moby/moby/api/types/blkiodev"
	api "github.com/moby/moby/api/types/container"
	specs "github.com/opencontainers/runtime-spec/specs-go"
)

func resources(r Request) api.Resources {
	l := r.Limits
	res := api.Resources{
		Memory: l.Memory, MemorySwap: orElse(l.MemorySwap, 2*l.Memory), MemoryReservation: l.MemoryReservation, MemorySwappiness: l.Swappiness,
		OomKillDisable: &l.NoOOMKill, NanoCPUs: l.NanoCPUs, CPUShares: int64(l.CPUShares), CPUPeriod: l.CPUPeriod, CPUQuota: l.CPUQuota,
		CPURealtimePeriod: l.RealTime.Period, CPURealtimeRuntime: l.RealTime.Runtime, CpusetCpus: l.CPUSet, CpusetMems: l.MemoryNode,
		PidsLimit: &l.Pids, CgroupParent: r.CgroupParent, BlkioWeight: l.Disk.Weight,
		BlkioDeviceReadBps: rates(l.Disk.ReadBytes), BlkioDeviceWriteBps: rates(l.Disk.WriteBytes),
		BlkioDeviceReadIOps: rates(l.Disk.ReadOps), BlkioDeviceWriteIOps: rates(l.Disk.WriteOps),
	}
	for _, w := range l.Disk.Weights {
		res.BlkioWeightDevice = append(res.BlkioWeightDevice, &blkiodev.WeightDevice{Path: w.Device, Weight: uint16(w.Rate)})
	}
	for _, u := range l.Rlimits {
		res.Ulimits = append(res.Ulimits, &units.Ulimit{Name: strings.ToLower(strings.TrimPrefix(u.Type, "RLIMIT_")), Soft: int64(u.Soft), Hard: int64(u.Hard)})
	}
	for _, d := range r.Devices {
		res.Devices = append(res.Devices, api.DeviceMapping{PathOnHost: orElse(d.Source, d.Node.Path), PathInContainer: d.Node.Path, CgroupPermissions: d.Access})
	}
	for _, rule := range r.Security.DeviceRules {
		res.DeviceCgroupRules = append(res.DeviceCgroupRules, ruleText(rule))
	}
	return res
}

func rates(list []DeviceRate) []*blkiodev.ThrottleDevice {
	var all []*blkiodev.ThrottleDevice
	for _, d := range list {
		all = append(all, &blkiodev.ThrottleDevice{Path: d.Device, Rate: d.Rate})
	}
	return all
}

// ruleText is a rule as --device-cgroup-rule takes it: "c 10:* rw".
func ruleText(rule specs.LinuxDeviceCgroup) string {
	number := func(n *int64) string {
		if n == nil {
			return "*"
		}
		return fmt.Sprint(*n)
	}
	return fmt.Sprintf("%s %s:%s %s", rule.Type, number(rule.Major), number(rule.Minor), rule.Access)
}

// namespaceModes fills in what is not the container's own.
func namespaceModes(h *api.HostConfig, r Request) {
	n := r.Namespaces
	h.PidMode, h.UTSMode, h.UsernsMode = api.PidMode(n.PID), api.UTSMode(n.UTS), api.UsernsMode(n.User)
	h.IpcMode, h.CgroupnsMode = api.IpcMode(orElse(n.IPC, ipcPrivate)), api.CgroupnsMode(orElse(n.Cgroup, "private"))
	h.Annotations = r.Annotations
}
