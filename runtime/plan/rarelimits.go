// This file reads the values of limits that few ask for. OCI config-linux, "memory", "cpu", "blockIO".
package plan

import (
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// rareLimits goes on where limits ends.
var rareLimits = []limit{
	{"swappiness", "memory", "", "memory.swappiness", nil, swappiness},
	{"TCP buffers", "memory", "", "memory.kmem.tcp.limit_in_bytes", nil, kernelTCP},
	{"cpu burst", "cpu", "cpu.max.burst", "cpu.cfs_burst_us", cpuBurst, cpuBurst},
	{"cpu idle", "cpu", "cpu.idle", "cpu.idle", cpuIdle, cpuIdle},
	{"realtime period", "cpu", "", "cpu.rt_period_us", nil, realtimePeriod},
	{"realtime", "cpu", "", "cpu.rt_runtime_us", nil, realtimeRuntime},
	{"disk share of the leaf", "blkio", "", "blkio.leaf_weight", nil, leafWeight},
}

func swappiness(r *specs.LinuxResources) string {
	if r.Memory == nil {
		return ""
	}
	return unsigned(r.Memory.Swappiness)
}

func kernelTCP(r *specs.LinuxResources) string {
	if r.Memory == nil {
		return ""
	}
	return bytes(r.Memory.KernelTCP, "-1")
}

func cpuBurst(r *specs.LinuxResources) string {
	if r.CPU == nil {
		return ""
	}
	return unsigned(r.CPU.Burst)
}

func cpuIdle(r *specs.LinuxResources) string {
	if r.CPU == nil || r.CPU.Idle == nil {
		return ""
	}
	return strconv.FormatInt(*r.CPU.Idle, 10)
}

func realtimePeriod(r *specs.LinuxResources) string {
	if r.CPU == nil {
		return ""
	}
	return unsigned(r.CPU.RealtimePeriod)
}

func realtimeRuntime(r *specs.LinuxResources) string {
	if r.CPU == nil || r.CPU.RealtimeRuntime == nil {
		return ""
	}
	return strconv.FormatInt(*r.CPU.RealtimeRuntime, 10)
}

func leafWeight(r *specs.LinuxResources) string {
	if r.BlockIO == nil || r.BlockIO.LeafWeight == nil || *r.BlockIO.LeafWeight == 0 {
		return ""
	}
	return strconv.Itoa(int(*r.BlockIO.LeafWeight))
}

func unsigned(n *uint64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatUint(*n, 10)
}
