// This file tells what a container uses. The field names are runc's, for programs that read its `events --stats`.
package container

// Stats is what the cgroups have counted. Times are in nanoseconds, sizes in bytes.
type Stats struct {
	CPU     CPUStats               `json:"cpu"`
	Memory  MemoryStats            `json:"memory"`
	Pids    PidsStats              `json:"pids"`
	Blkio   BlkioStats             `json:"blkio"`
	Hugetlb map[string]MemoryUsage `json:"hugetlb,omitempty"` // by page size
}

// CPUStats is processor time.
type CPUStats struct {
	Usage struct {
		Total  uint64 `json:"total"`
		Kernel uint64 `json:"kernel"`
		User   uint64 `json:"user"`

		PerCPU []uint64 `json:"percpu,omitempty"` // v1 alone counts it
	} `json:"usage"`
	Throttling struct {
		Periods          uint64 `json:"periods"`
		ThrottledPeriods uint64 `json:"throttledPeriods"`
		ThrottledTime    uint64 `json:"throttledTime"`
	} `json:"throttling"`
}

// MemoryUsage is one kind of memory.
type MemoryUsage struct {
	Limit   uint64 `json:"limit"` // without limit: a very large number
	Usage   uint64 `json:"usage"`
	Max     uint64 `json:"max"`
	Failcnt uint64 `json:"failcnt"`
}

// MemoryStats is all memory. Kills counts what the OOM killer did.
type MemoryStats struct {
	Cache uint64            `json:"cache"`
	Usage MemoryUsage       `json:"usage"`
	Swap  MemoryUsage       `json:"swap"`
	TCP   MemoryUsage       `json:"kernelTCP"`
	Raw   map[string]uint64 `json:"raw,omitempty"`
	Kills uint64            `json:"-"`
}

// PidsStats is the number of processes; Limit 0 means none.
type PidsStats struct {
	Current uint64 `json:"current"`
	Limit   uint64 `json:"limit"`
}

// BlkioStats is disk traffic.
type BlkioStats struct {
	IoServiceBytesRecursive []BlkioEntry `json:"ioServiceBytesRecursive,omitempty"`
	IoServicedRecursive     []BlkioEntry `json:"ioServicedRecursive,omitempty"`
}

// BlkioEntry is a number of bytes or requests of one device.
type BlkioEntry struct {
	Major uint64 `json:"major"`
	Minor uint64 `json:"minor"`
	Op    string `json:"op"` // Read, Write …
	Value uint64 `json:"value"`
}

// OOMKills is how often the kernel has killed one of the container's processes for want of memory.
func (c *Container) OOMKills() (uint64, error) {
	m := meter{host: c.Host, group: c.Plan.CgroupPath()}
	return m.memoryEvents()["oom_kill"], m.err
}

// Stats reads the files of the container's cgroups.
func (c *Container) Stats() (Stats, error) {
	m := meter{host: c.Host, group: c.Plan.CgroupPath()}
	s := Stats{CPU: m.cpu(), Memory: m.memory(), Blkio: m.blkio(), Hugetlb: m.hugetlb()}
	s.Pids.Current = m.number("pids", "pids.current", "pids.current")
	if s.Pids.Limit = m.number("pids", "pids.max", "pids.max"); s.Pids.Limit == unlimited {
		s.Pids.Limit = 0
	}
	return s, m.err
}
