// This file holds what users ask for of the machine's resources.
package engine

import specs "github.com/opencontainers/runtime-spec/specs-go"

// Limits bound what a container may use. Zero: no limit.
type Limits struct {
	Memory            int64  // bytes
	MemorySwap        int64  // bytes of memory and swap together; -1: no limit
	MemoryReservation int64  // bytes that it keeps longest when memory runs short
	Swappiness        *int64 // 0 to 100; nil: as the host's
	NoOOMKill         bool   // its processes wait for memory in place of being killed

	NanoCPUs   int64 // billionths of a processor
	CPUShares  uint64
	CPUSet     string // "0-2,4"
	MemoryNode string // --cpuset-mems
	CPUPeriod  int64  // µs; with CPUQuota another way to write NanoCPUs
	CPUQuota   int64  // µs in each period
	RealTime   RealTime

	Pids        int64
	Disk        DiskLimits
	ShmSize     int64 // bytes of /dev/shm; 0: 64 MiB
	Rlimits     []specs.POSIXRlimit
	OOMScoreAdj *int
}

// RealTime is the time, in µs, that programs of the real-time scheduler have of each period.
type RealTime struct{ Period, Runtime int64 }

// DiskLimits bound what a container reads from disks and writes to them.
type DiskLimits struct {
	Weight  uint16       // its share when others want the disk too, 10 to 1000
	Weights []DeviceRate // the share of single disks

	ReadBytes, WriteBytes []DeviceRate // a second
	ReadOps, WriteOps     []DeviceRate
}

// DeviceRate is a limit for one disk.
type DeviceRate struct {
	Device       string // its path in the host's /dev
	Rate         uint64
	Major, Minor int64 // looked up by the engine
}
