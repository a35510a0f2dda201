// This file is the table of what a cgroup limits and counts, with the names that v1 and v2 have for each.
package look

// knob is one thing that is limited or counted. A file name with "#" names one entry in a file: "cpu.stat#nr_throttled" is a
// key, "cpu.max#2" a word.
type knob struct {
	resource   string
	controller string
	v1, v2     string // empty: that version has no file for it
}

// knobs is a function, for the table is nobody's to change.
func knobs() []knob {
	return []knob{
		{"memory limit", "memory", "memory.limit_in_bytes", "memory.max"},
		{"memory reservation", "memory", "memory.soft_limit_in_bytes", "memory.low"},
		{"memory kept", "memory", "", "memory.min"},
		{"memory slowed above", "memory", "", "memory.high"},
		{"memory used", "memory", "memory.usage_in_bytes", "memory.current"},
		{"memory peak", "memory", "memory.max_usage_in_bytes", "memory.peak"},
		{"memory limit hit", "memory", "memory.failcnt", "memory.events#max"},
		{"killed for memory", "memory", "memory.oom_control#oom_kill", "memory.events#oom_kill"},
		{"killed as one", "memory", "", "memory.oom.group"},
		{"swap limit", "memory", "", "memory.swap.max"},
		{"swap used", "memory", "", "memory.swap.current"},
		{"memory+swap limit", "memory", "memory.memsw.limit_in_bytes", ""},
		{"memory+swap used", "memory", "memory.memsw.usage_in_bytes", ""},
		{"cpu quota", "cpu", "cpu.cfs_quota_us", "cpu.max#1"},
		{"cpu period", "cpu", "cpu.cfs_period_us", "cpu.max#2"},
		{"cpu burst", "cpu", "cpu.cfs_burst_us", "cpu.max.burst"},
		{"cpu weight", "cpu", "cpu.shares", "cpu.weight"},
		{"cpu only when idle", "cpu", "cpu.idle", "cpu.idle"},
		{"cpu time used", "cpuacct", "cpuacct.usage", "cpu.stat#usage_usec"},
		{"cpu periods", "cpu", "cpu.stat#nr_periods", "cpu.stat#nr_periods"},
		{"cpu throttled", "cpu", "cpu.stat#nr_throttled", "cpu.stat#nr_throttled"},
		{"cpu throttled time", "cpu", "cpu.stat#throttled_time", "cpu.stat#throttled_usec"},
		{"processors", "cpuset", "cpuset.cpus", "cpuset.cpus"},
		{"processors in use", "cpuset", "cpuset.effective_cpus", "cpuset.cpus.effective"},
		{"memory nodes", "cpuset", "cpuset.mems", "cpuset.mems"},
		{"processors its own", "cpuset", "cpuset.cpu_exclusive", "cpuset.cpus.partition"},
		{"pids limit", "pids", "pids.max", "pids.max"},
		{"pids now", "pids", "pids.current", "pids.current"},
		{"pids limit hit", "pids", "pids.events#max", "pids.events#max"},
		{"io weight", "io", "blkio.bfq.weight", "io.weight"},
		{"io limits", "io", "", "io.max"},
		{"io read limit", "io", "blkio.throttle.read_bps_device", ""},
		{"io write limit", "io", "blkio.throttle.write_bps_device", ""},
		{"io latency", "io", "", "io.latency"},
		{"io done", "io", "blkio.throttle.io_service_bytes", "io.stat"},
		{"huge pages limit", "hugetlb", "hugetlb.2MB.limit_in_bytes", "hugetlb.2MB.max"},
		{"huge pages used", "hugetlb", "hugetlb.2MB.usage_in_bytes", "hugetlb.2MB.current"},
		{"frozen", "freezer", "freezer.state", "cgroup.freeze"},
		{"devices allowed", "devices", "devices.list", ""}, // on v2 a program decides: devicelist.go
	}
}
