// This file describes the limits and the devices of a container.
package engine

import (
	"errors"
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

const (
	cpuPeriod    = 100_000 // µs; the quota is counted per period
	leastMemory  = 6 << 20 // Docker's lower bound: less can not start a program
	wholeCPU     = 1_000_000_000
	leastSharing = 2 // the kernel's lower bound of cpu.shares

	wholeRealTime = 1_000_000 // µs; the kernel's usual real-time period
)

func resourceSpec(r Request, p Place) (*specs.LinuxResources, error) {
	memory, err := memoryLimits(r.Limits)
	if err != nil {
		return nil, err
	}
	cpu, err := cpuLimits(r.Limits, p.Processors)
	if err != nil {
		return nil, err
	}
	disk, err := diskSpec(r.Limits.Disk)
	if err != nil {
		return nil, err
	}
	res := &specs.LinuxResources{Memory: memory, CPU: cpu, BlockIO: disk, Devices: deviceRules(r)}
	if r.Limits.Pids != 0 {
		res.Pids = &specs.LinuxPids{Limit: &r.Limits.Pids}
	}
	return res, nil
}

func memoryLimits(l Limits) (*specs.LinuxMemory, error) {
	if err := checkMemory(l); err != nil {
		return nil, err
	}
	m := specs.LinuxMemory{}
	if l.Memory != 0 {
		m.Limit = &l.Memory
	}
	// Without --memory-swap a container may swap as much again as its memory, as Docker has it.
	if swap := orElse(l.MemorySwap, 2*l.Memory); swap != 0 {
		m.Swap = &swap
	}
	if l.MemoryReservation != 0 {
		m.Reservation = &l.MemoryReservation
	}
	if l.Swappiness != nil {
		share := uint64(*l.Swappiness)
		m.Swappiness = &share
	}
	if l.NoOOMKill {
		m.DisableOOMKiller = &l.NoOOMKill
	}
	if m == (specs.LinuxMemory{}) {
		return nil, nil
	}
	return &m, nil
}

func checkMemory(l Limits) error {
	switch {
	case l.Memory == 0 && l.MemorySwap > 0:
		return fmt.Errorf("--memory-swap %d: it counts memory and swap together, so give --memory too", l.MemorySwap)
	case l.Memory != 0 && l.Memory < leastMemory:
		return fmt.Errorf("--memory %d: at least 6m is needed to start a program", l.Memory)
	case l.MemorySwap > 0 && l.MemorySwap < l.Memory:
		return fmt.Errorf("--memory-swap %d: it counts memory and swap together, so it can not be less than --memory %d", l.MemorySwap, l.Memory)
	case l.MemoryReservation != 0 && l.MemoryReservation < leastMemory:
		return fmt.Errorf("--memory-reservation %d: at least 6m is needed to start a program", l.MemoryReservation)
	case l.Memory > 0 && l.MemoryReservation > l.Memory:
		return fmt.Errorf("--memory-reservation %d: it is what stays when memory runs short, so it can not be more than --memory %d", l.MemoryReservation, l.Memory)
	case l.Swappiness != nil && (*l.Swappiness < 0 || *l.Swappiness > 100):
		return fmt.Errorf("--memory-swappiness %d: the range is from 0 (last) to 100 (first), or -1 (as the host)", *l.Swappiness)
	}
	return nil
}

func cpuLimits(l Limits, processors int) (*specs.LinuxCPU, error) {
	if err := checkCPU(l, processors); err != nil {
		return nil, err
	}
	c := specs.LinuxCPU{Cpus: l.CPUSet, Mems: l.MemoryNode}
	if l.CPUShares != 0 {
		shares := max(l.CPUShares, leastSharing)
		c.Shares = &shares
	}
	period, quota := uint64(l.CPUPeriod), l.CPUQuota
	if l.NanoCPUs != 0 {
		period, quota = cpuPeriod, l.NanoCPUs*cpuPeriod/wholeCPU
	}
	if period != 0 {
		c.Period = &period
	}
	if quota != 0 {
		c.Quota = &quota
	}
	if real := uint64(l.RealTime.Period); real != 0 {
		c.RealtimePeriod = &real
	}
	if l.RealTime.Runtime != 0 {
		c.RealtimeRuntime = &l.RealTime.Runtime
	}
	if c == (specs.LinuxCPU{}) {
		return nil, nil
	}
	return &c, nil
}

func checkCPU(l Limits, processors int) error {
	switch {
	case l.NanoCPUs != 0 && (l.NanoCPUs < wholeCPU/100 || processors > 0 && l.NanoCPUs > int64(processors)*wholeCPU):
		return fmt.Errorf("--cpus %g: the range here is from 0.01 to %d", float64(l.NanoCPUs)/wholeCPU, processors)
	case l.NanoCPUs != 0 && (l.CPUPeriod != 0 || l.CPUQuota != 0):
		return errors.New("conflicting options: --cpus says --cpu-period and --cpu-quota in one: give one or the others")
	case l.CPUPeriod != 0 && (l.CPUPeriod < 1000 || l.CPUPeriod > 1_000_000):
		return fmt.Errorf("--cpu-period %d: the range is from 1000 to 1000000 microseconds", l.CPUPeriod)
	case l.CPUQuota > 0 && l.CPUQuota < 1000:
		return fmt.Errorf("--cpu-quota %d: at least 1000 microseconds of each period", l.CPUQuota)
	case l.RealTime.Period < 0 || l.RealTime.Runtime < 0:
		return errors.New("--cpu-rt-period and --cpu-rt-runtime are microseconds: they can not be negative")
	case l.RealTime.Runtime > orElse(l.RealTime.Period, wholeRealTime):
		return fmt.Errorf("--cpu-rt-runtime %d: it is a part of --cpu-rt-period, so it can not be more", l.RealTime.Runtime)
	}
	return nil
}

// deviceNodes are the nodes in /dev besides the runtime's own (null, zero, tty …).
func deviceNodes(r Request, p Place) []specs.LinuxDevice {
	if r.Security.Privileged {
		return p.Devices
	}
	var nodes []specs.LinuxDevice
	for _, d := range r.Devices {
		nodes = append(nodes, d.Node)
	}
	return nodes
}

// deviceRules: nothing may be opened but what is named, and the harmless devices that the runtime adds by itself.
func deviceRules(r Request) []specs.LinuxDeviceCgroup {
	if r.Security.Privileged {
		return []specs.LinuxDeviceCgroup{{Allow: true, Access: "rwm"}}
	}
	rules := []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"}}
	for _, d := range r.Devices {
		rules = append(rules, specs.LinuxDeviceCgroup{Allow: true, Type: d.Node.Type, Major: &d.Node.Major, Minor: &d.Node.Minor, Access: d.Access})
	}
	return append(rules, r.Security.DeviceRules...)
}
