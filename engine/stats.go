// This file measures what running containers use, in the type of Docker's API.
package engine

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	api "github.com/moby/moby/api/types/container"

	"glassbox/engine/shim/wire"
	"glassbox/runtime/container"
)

// Stats measures once. Who wants percentages measures twice: see CPUPercent. A container that does not run uses nothing.
func (e *Engine) Stats(ctx context.Context, ref string) (api.StatsResponse, error) {
	var s api.StatsResponse
	r, err := e.find(ref)
	if err != nil {
		return s, err
	}
	s = api.StatsResponse{ID: r.ID, Name: "/" + r.Name, OSType: "linux", Read: time.Now()}
	status, err := e.status(r.ID)
	if err != nil || status.State != wire.Running {
		return s, err
	}
	c, err := container.Load(e.runtimeRoot(), r.ID)
	if err != nil {
		return s, err
	}
	measured, err := c.Stats()
	if err != nil {
		return s, fmt.Errorf("measure container %s: %w", r.Name, err)
	}
	convert(&s, measured)
	if s.MemoryStats.Limit, err = memoryLimit(s.MemoryStats.Limit); err != nil {
		return s, err
	}
	if s.CPUStats.SystemUsage, err = systemTime(); err != nil {
		return s, err
	}
	if r.Request.Network.Mode != "host" {
		s.Networks, err = traffic(status.PID)
	}
	return s, err
}

func convert(s *api.StatsResponse, m container.Stats) {
	s.CPUStats.CPUUsage = api.CPUUsage{TotalUsage: m.CPU.Usage.Total, UsageInKernelmode: m.CPU.Usage.Kernel, UsageInUsermode: m.CPU.Usage.User}
	s.CPUStats.OnlineCPUs = uint32(runtime.NumCPU())
	s.CPUStats.ThrottlingData = api.ThrottlingData{
		Periods: m.CPU.Throttling.Periods, ThrottledPeriods: m.CPU.Throttling.ThrottledPeriods, ThrottledTime: m.CPU.Throttling.ThrottledTime,
	}
	u := m.Memory.Usage
	s.MemoryStats = api.MemoryStats{Usage: u.Usage, MaxUsage: u.Max, Stats: m.Memory.Raw, Failcnt: u.Failcnt, Limit: u.Limit}
	s.PidsStats = api.PidsStats{Current: m.Pids.Current, Limit: m.Pids.Limit}
	s.BlkioStats.IoServiceBytesRecursive = blkio(m.Blkio.IoServiceBytesRecursive)
	s.BlkioStats.IoServicedRecursive = blkio(m.Blkio.IoServicedRecursive)
}

func blkio(entries []container.BlkioEntry) []api.BlkioStatEntry {
	var list []api.BlkioStatEntry
	for _, e := range entries {
		list = append(list, api.BlkioStatEntry(e))
	}
	return list
}

// memoryLimit is the machine's memory where the container has no limit of its own.
func memoryLimit(limit uint64) (uint64, error) {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	var kib uint64
	if _, err := fmt.Sscanf(string(data), "MemTotal: %d kB", &kib); err != nil {
		return 0, fmt.Errorf("read /proc/meminfo: %w", err)
	}
	if limit == 0 || limit > kib<<10 {
		limit = kib << 10
	}
	return limit, nil
}

// systemTime is the time of all processors since boot, in ns: the first line of /proc/stat, in ticks of 10 ms. man 5 proc.
func systemTime() (uint64, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(line)
	var ticks uint64
	for _, f := range fields[1:min(len(fields), 8)] { // guest time is within user time
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read /proc/stat: %w", err)
		}
		ticks += n
	}
	return ticks * uint64(10*time.Millisecond), nil
}

// traffic reads the interfaces of a process's network namespace, the loopback apart.
func traffic(pid int) (map[string]api.NetworkStats, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/dev", pid))
	if err != nil {
		return nil, nil // it has just ended
	}
	all := map[string]api.NetworkStats{}
	for in := bufio.NewScanner(bytes.NewReader(data)); in.Scan(); {
		name, numbers, ok := strings.Cut(strings.TrimSpace(in.Text()), ":")
		if !ok || name == "lo" {
			continue
		}
		var n [12]uint64
		for i, f := range strings.Fields(numbers)[:len(n)] {
			if n[i], err = strconv.ParseUint(f, 10, 64); err != nil {
				return nil, fmt.Errorf("read /proc/%d/net/dev: %w", pid, err)
			}
		}
		all[name] = api.NetworkStats{RxBytes: n[0], RxPackets: n[1], RxErrors: n[2], RxDropped: n[3],
			TxBytes: n[8], TxPackets: n[9], TxErrors: n[10], TxDropped: n[11]}
	}
	return all, nil
}

// CPUPercent is how much of one processor was used between two measurements: 150 is one and a half.
func CPUPercent(before, after api.CPUStats) float64 {
	used := float64(after.CPUUsage.TotalUsage) - float64(before.CPUUsage.TotalUsage)
	passed := float64(after.SystemUsage) - float64(before.SystemUsage)
	if used <= 0 || passed <= 0 {
		return 0
	}
	return used / passed * float64(after.OnlineCPUs) * 100
}

// MemoryUsed leaves out the files that the kernel can drop at once, as Docker does. v1 and v2 have different words.
func MemoryUsed(m api.MemoryStats) uint64 {
	for _, name := range []string{"total_inactive_file", "inactive_file"} {
		if cache, ok := m.Stats[name]; ok {
			return m.Usage - min(cache, m.Usage)
		}
	}
	return m.Usage
}
