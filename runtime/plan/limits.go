// This file is the one table of limits: for each resource its file in cgroup v2, its controller and file in v1, and how the
// value of the OCI specification is written in each. OCI config-linux, "resources"; the kernel's cgroup-v1 and cgroup-v2.rst.
package plan

import (
	"fmt"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

// limit is one row: nothing is written where the value is empty.
type limit struct {
	resource   string
	controller string // v1's name, and where v2 has it the same
	v2File     string
	v1File     string
	v2, v1     func(r *specs.LinuxResources) string
}

// limits names each file once for v2 and once for v1. LESSON: limits
var limits = []limit{
	{"memory limit", "memory", "memory.max", "memory.limit_in_bytes", memoryLimit("max"), memoryLimit("-1")},
	{"memory and swap", "memory", "memory.swap.max", "memory.memsw.limit_in_bytes", swapOnly, memoryAndSwap},
	{"memory reservation", "memory", "memory.low", "memory.soft_limit_in_bytes", reservation("max"), reservation("-1")},
	{"no OOM killer", "memory", "", "memory.oom_control", nil, oomDisable},
	{"cpu time", "cpu", "cpu.max", "", cpuMax, nil},
	{"cpu period", "cpu", "", "cpu.cfs_period_us", nil, cpuPeriod},
	{"cpu quota", "cpu", "", "cpu.cfs_quota_us", nil, cpuQuota},
	{"cpu share", "cpu", "cpu.weight", "cpu.shares", cpuWeight, cpuShares},
	{"processors", "cpuset", "cpuset.cpus", "cpuset.cpus", cpus, cpus},
	{"memory nodes", "cpuset", "cpuset.mems", "cpuset.mems", mems, mems},
	{"processes", "pids", "pids.max", "pids.max", pidsMax, pidsMax},
	{"disk share", "blkio", "io.weight", "blkio.weight", ioWeight, blkioWeight},
}

// limitOps writes the rows that the specification asks for, and then what it gives by v2's own names.
func limitOps(c Container, l look.Layout) []explain.Op {
	r := c.resources()
	if r == nil {
		return nil
	}
	var ops []explain.Op
	for _, row := range slices.Concat(limits, rareLimits) {
		file, value := row.v1File, row.v1
		dir := l.Dir(row.controller, c.CgroupPath())
		if _, version := l.Where(row.controller); version == 2 {
			file, value = row.v2File, row.v2
		}
		if value == nil || value(r) == "" {
			continue
		}
		ops = append(ops, setOrBFQ(kernel.CgroupSet{File: path.Join(dir, file), Value: value(r)}, r))
	}
	return append(ops, throttleOps(c, l)...)
}

// resources are the limits as the bundle's version means them: up to 1.2 a pids limit of 0 was none at all, since 1.3 it is 0.
func (c Container) resources() *specs.LinuxResources {
	r := c.Spec.Linux.Resources
	if r == nil || r.Pids == nil || r.Pids.Limit == nil || *r.Pids.Limit != 0 {
		return r
	}
	for _, old := range []string{"1.0.", "1.1.", "1.2."} {
		if strings.HasPrefix(c.Spec.Version, old) {
			without := *r
			without.Pids = nil
			return &without
		}
	}
	return r
}

// bytes prints a limit; negative values mean none.
func bytes(n *int64, none string) string {
	switch {
	case n == nil || *n == 0:
		return ""
	case *n < 0:
		return none
	}
	return strconv.FormatInt(*n, 10)
}

func memoryLimit(none string) func(*specs.LinuxResources) string {
	return func(r *specs.LinuxResources) string {
		if r.Memory == nil {
			return ""
		}
		return bytes(r.Memory.Limit, none)
	}
}

func memoryAndSwap(r *specs.LinuxResources) string {
	if r.Memory == nil {
		return ""
	}
	return bytes(r.Memory.Swap, "-1")
}

// swapOnly: OCI and v1 count memory and swap together, v2 counts swap by itself.
func swapOnly(r *specs.LinuxResources) string {
	if r.Memory == nil || r.Memory.Swap == nil || *r.Memory.Swap == 0 {
		return ""
	}
	if *r.Memory.Swap < 0 || r.Memory.Limit == nil || *r.Memory.Limit < 0 {
		return "max"
	}
	return strconv.FormatInt(*r.Memory.Swap-*r.Memory.Limit, 10)
}

func reservation(none string) func(*specs.LinuxResources) string {
	return func(r *specs.LinuxResources) string {
		if r.Memory == nil {
			return ""
		}
		return bytes(r.Memory.Reservation, none)
	}
}

func oomDisable(r *specs.LinuxResources) string {
	if r.Memory == nil || r.Memory.DisableOOMKiller == nil || !*r.Memory.DisableOOMKiller {
		return ""
	}
	return "1"
}

// cpuMax is "quota period" in microseconds: 50000 100000 is half a processor.
func cpuMax(r *specs.LinuxResources) string {
	if r.CPU == nil || (r.CPU.Quota == nil && r.CPU.Period == nil) {
		return ""
	}
	quota, period := "max", uint64(100000)
	if r.CPU.Quota != nil && *r.CPU.Quota > 0 {
		quota = strconv.FormatInt(*r.CPU.Quota, 10)
	}
	if r.CPU.Period != nil && *r.CPU.Period != 0 {
		period = *r.CPU.Period
	}
	return fmt.Sprintf("%s %d", quota, period)
}

func cpuPeriod(r *specs.LinuxResources) string {
	if r.CPU == nil || r.CPU.Period == nil || *r.CPU.Period == 0 {
		return ""
	}
	return strconv.FormatUint(*r.CPU.Period, 10)
}

func cpuQuota(r *specs.LinuxResources) string {
	if r.CPU == nil || r.CPU.Quota == nil || *r.CPU.Quota == 0 {
		return ""
	}
	return strconv.FormatInt(*r.CPU.Quota, 10)
}

func cpuShares(r *specs.LinuxResources) string {
	if r.CPU == nil || r.CPU.Shares == nil || *r.CPU.Shares == 0 {
		return ""
	}
	return strconv.FormatUint(*r.CPU.Shares, 10)
}

// cpuWeight maps v1's shares (2 to 262144, usually 1024) to v2's weight (1 to 10000, usually 100), so that the two usual
// values and both ends meet. The formula is runc's and crun's.
func cpuWeight(r *specs.LinuxResources) string {
	if cpuShares(r) == "" {
		return ""
	}
	l := math.Log2(float64(min(max(*r.CPU.Shares, 2), 262144)))
	weight := math.Ceil(math.Pow(10, (l*l+125*l)/612-7.0/34))
	return strconv.FormatUint(uint64(weight), 10)
}

func cpus(r *specs.LinuxResources) string {
	if r.CPU == nil {
		return ""
	}
	return r.CPU.Cpus
}

func mems(r *specs.LinuxResources) string {
	if r.CPU == nil {
		return ""
	}
	return r.CPU.Mems
}

func pidsMax(r *specs.LinuxResources) string {
	if r.Pids == nil || r.Pids.Limit == nil {
		return ""
	}
	if *r.Pids.Limit < 0 {
		return "max"
	}
	return strconv.FormatInt(*r.Pids.Limit, 10)
}

func blkioWeight(r *specs.LinuxResources) string {
	if r.BlockIO == nil || r.BlockIO.Weight == nil || *r.BlockIO.Weight == 0 {
		return ""
	}
	return strconv.Itoa(int(*r.BlockIO.Weight))
}

// ioWeight maps 10 to 1000 onto 1 to 10000.
func ioWeight(r *specs.LinuxResources) string {
	if blkioWeight(r) == "" {
		return ""
	}
	return strconv.Itoa(1 + (int(*r.BlockIO.Weight)-10)*9999/990)
}
