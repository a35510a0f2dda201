// This file describes the limits and the devices of a container.
package engine

import (
	"fmt"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

const (
	cpuPeriod    = 100_000 // µs; the quota is counted per period
	leastMemory  = 6 << 20 // Docker's lower bound: less can not start a program
	wholeCPU     = 1_000_000_000
	leastSharing = 2 // the kernel's lower bound of cpu.shares
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
	res := &specs.LinuxResources{Memory: memory, CPU: cpu, Devices: deviceRules(r)}
	if r.Limits.Pids != 0 {
		res.Pids = &specs.LinuxPids{Limit: &r.Limits.Pids}
	}
	return res, nil
}

// memoryLimits: without --memory-swap a container may swap as much again as its memory, as Docker has it.
func memoryLimits(l Limits) (*specs.LinuxMemory, error) {
	switch {
	case l.Memory == 0 && l.MemorySwap == 0:
		return nil, nil
	case l.Memory == 0 && l.MemorySwap > 0:
		return nil, fmt.Errorf("--memory-swap %d: it counts memory and swap together, so give --memory too", l.MemorySwap)
	case l.Memory != 0 && l.Memory < leastMemory:
		return nil, fmt.Errorf("--memory %d: at least 6m is needed to start a program", l.Memory)
	case l.MemorySwap > 0 && l.MemorySwap < l.Memory:
		return nil, fmt.Errorf("--memory-swap %d: it counts memory and swap together, so it can not be less than --memory %d", l.MemorySwap, l.Memory)
	}
	m := &specs.LinuxMemory{}
	if l.Memory != 0 {
		m.Limit = &l.Memory
	}
	swap := l.MemorySwap
	if swap == 0 {
		swap = 2 * l.Memory
	}
	m.Swap = &swap
	return m, nil
}

func cpuLimits(l Limits, processors int) (*specs.LinuxCPU, error) {
	if l.NanoCPUs == 0 && l.CPUShares == 0 && l.CPUSet == "" {
		return nil, nil
	}
	c := &specs.LinuxCPU{Cpus: l.CPUSet}
	if l.CPUShares != 0 {
		shares := max(l.CPUShares, leastSharing)
		c.Shares = &shares
	}
	if l.NanoCPUs == 0 {
		return c, nil
	}
	if l.NanoCPUs < wholeCPU/100 || processors > 0 && l.NanoCPUs > int64(processors)*wholeCPU {
		return nil, fmt.Errorf("--cpus %g: the range here is from 0.01 to %d", float64(l.NanoCPUs)/wholeCPU, processors)
	}
	period, quota := uint64(cpuPeriod), l.NanoCPUs*cpuPeriod/wholeCPU
	c.Period, c.Quota = &period, &quota
	return c, nil
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
	return rules
}
