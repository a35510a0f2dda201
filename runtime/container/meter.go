// This file reads the counters of a container's cgroups, of v1 or v2 as each controller has it.
package container

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/runtime/plan"
)

// unlimited is how "max" is told as a number.
const unlimited = math.MaxUint64

// meter reads the files of one group. It keeps the first error; a file that is not there counts nothing.
type meter struct {
	host  plan.Host
	group string
	err   error
}

// text reads the file that a controller has in the version of cgroups where it is; a version without one is "".
func (m *meter) text(controller, v1, v2 string) string {
	dir, file := m.host.Cgroups.Dir(controller, m.group), v2
	if _, version := m.host.Cgroups.Where(controller); version == 1 {
		file = v1
	}
	if dir == "" || file == "" {
		return ""
	}
	data, err := os.ReadFile(path.Join(dir, file))
	if err != nil && m.err == nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, unix.EOPNOTSUPP) {
		m.err = fmt.Errorf("read what the container uses: %w", err)
	}
	return strings.TrimSpace(string(data))
}

func (m *meter) number(controller, v1, v2 string) uint64 { return m.parse(m.text(controller, v1, v2)) }

func (m *meter) parse(text string) uint64 {
	switch text {
	case "":
		return 0
	case "max":
		return unlimited
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil && m.err == nil {
		m.err = fmt.Errorf("read what the container uses: %w", err)
	}
	return n
}

// table reads lines of "name number".
func (m *meter) table(controller, v1, v2 string) map[string]uint64 {
	numbers := map[string]uint64{}
	for line := range strings.Lines(m.text(controller, v1, v2)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			numbers[name] = m.parse(value)
		}
	}
	return numbers
}

func (m *meter) cpu() CPUStats {
	var s CPUStats
	stat := m.table("cpu", "cpu.stat", "cpu.stat")
	s.Throttling.Periods, s.Throttling.ThrottledPeriods = stat["nr_periods"], stat["nr_throttled"]
	if _, version := m.host.Cgroups.Where("cpu"); version == 2 {
		const usec = uint64(time.Microsecond)
		s.Usage.Total, s.Usage.User, s.Usage.Kernel = stat["usage_usec"]*usec, stat["user_usec"]*usec, stat["system_usec"]*usec
		s.Throttling.ThrottledTime = stat["throttled_usec"] * usec
		return s
	}
	s.Throttling.ThrottledTime = stat["throttled_time"]
	s.Usage.Total = m.number("cpuacct", "cpuacct.usage", "")
	for _, n := range strings.Fields(m.text("cpuacct", "cpuacct.usage_percpu", "")) {
		s.Usage.PerCPU = append(s.Usage.PerCPU, m.parse(n))
	}
	s.Usage.User, s.Usage.Kernel = m.number("cpuacct", "cpuacct.usage_user", ""), m.number("cpuacct", "cpuacct.usage_sys", "")
	return s
}

func (m *meter) memory() MemoryStats {
	s := MemoryStats{Raw: m.table("memory", "memory.stat", "memory.stat")}
	s.Usage = MemoryUsage{
		Limit: m.number("memory", "memory.limit_in_bytes", "memory.max"), Usage: m.number("memory", "memory.usage_in_bytes", "memory.current"),
		Max: m.number("memory", "memory.max_usage_in_bytes", "memory.peak"), Failcnt: m.number("memory", "memory.failcnt", "")}
	s.Swap = MemoryUsage{ // v1 counts swap and memory together
		Limit: m.number("memory", "memory.memsw.limit_in_bytes", "memory.swap.max"), Usage: m.number("memory", "memory.memsw.usage_in_bytes", "memory.swap.current"),
		Max: m.number("memory", "memory.memsw.max_usage_in_bytes", "memory.swap.peak"), Failcnt: m.number("memory", "memory.memsw.failcnt", "")}
	s.TCP = MemoryUsage{
		Limit: m.number("memory", "memory.kmem.tcp.limit_in_bytes", ""), Usage: m.number("memory", "memory.kmem.tcp.usage_in_bytes", ""),
		Max: m.number("memory", "memory.kmem.tcp.max_usage_in_bytes", ""), Failcnt: m.number("memory", "memory.kmem.tcp.failcnt", "")}
	events := m.memoryEvents()
	s.Kills = events["oom_kill"]
	s.Cache = s.Raw["cache"]
	if _, version := m.host.Cgroups.Where("memory"); version == 2 {
		s.Cache, s.Usage.Failcnt = s.Raw["file"], events["max"]
	}
	return s
}

func (m *meter) memoryEvents() map[string]uint64 {
	return m.table("memory", "memory.oom_control", "memory.events")
}

// hugetlb reads each size of huge pages; the files are named by it.
func (m *meter) hugetlb() map[string]MemoryUsage {
	dir := m.host.Cgroups.Dir("hugetlb", m.group)
	files, err := filepath.Glob(path.Join(dir, "hugetlb.*.max"))
	if dir == "" || err != nil {
		return nil
	}
	sizes := map[string]MemoryUsage{}
	for _, f := range files {
		size := strings.TrimSuffix(strings.TrimPrefix(path.Base(f), "hugetlb."), ".max")
		if strings.Contains(size, ".") { // hugetlb.2MB.rsvd.max
			continue
		}
		sizes[size] = MemoryUsage{Limit: m.number("hugetlb", "", "hugetlb."+size+".max"), Usage: m.number("hugetlb", "", "hugetlb."+size+".current")}
	}
	return sizes
}

// blkio reads lines such as "8:0 Read 4096" in v1 and "8:0 rbytes=4096 wbytes=0 rios=1 …" in v2.
func (m *meter) blkio() BlkioStats {
	var s BlkioStats
	if _, version := m.host.Cgroups.Where("blkio"); version == 2 {
		s.IoServiceBytesRecursive = m.blkioWords(map[string]string{"rbytes": "Read", "wbytes": "Write", "dbytes": "Discard"})
		s.IoServicedRecursive = m.blkioWords(map[string]string{"rios": "Read", "wios": "Write", "dios": "Discard"})
		return s
	}
	s.IoServiceBytesRecursive = m.blkioLines("blkio.throttle.io_service_bytes_recursive")
	s.IoServicedRecursive = m.blkioLines("blkio.throttle.io_serviced_recursive")
	return s
}

func (m *meter) blkioLines(file string) []BlkioEntry {
	var entries []BlkioEntry
	for line := range strings.Lines(m.text("blkio", file, "")) {
		fields := strings.Fields(line)
		if len(fields) != 3 { // the last line is a total
			continue
		}
		entries = append(entries, m.entry(fields[0], fields[1], fields[2]))
	}
	return entries
}

func (m *meter) blkioWords(ops map[string]string) []BlkioEntry {
	var entries []BlkioEntry
	for line := range strings.Lines(m.text("blkio", "", "io.stat")) {
		fields := strings.Fields(line)
		for _, word := range fields[1:] {
			key, value, _ := strings.Cut(word, "=")
			if op := ops[key]; op != "" {
				entries = append(entries, m.entry(fields[0], op, value))
			}
		}
	}
	return entries
}

func (m *meter) entry(device, op, value string) BlkioEntry {
	major, minor, _ := strings.Cut(device, ":")
	return BlkioEntry{Major: m.parse(major), Minor: m.parse(minor), Op: op, Value: m.parse(value)}
}
