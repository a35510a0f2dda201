// This file changes the limits of a container that runs: by flags, or by an OCI "resources" object, as engines give it.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/runtime/container"
)

func update(g global, args []string) (int, error) {
	flags := newFlags("update", "[options] ID")
	r := &specs.LinuxResources{Memory: &specs.LinuxMemory{}, CPU: &specs.LinuxCPU{}, BlockIO: &specs.LinuxBlockIO{}}
	file := flags.String("resources", "", "JSON file with an OCI resources object, - for standard input")
	flags.StringVar(file, "r", "", "short for --resources")
	limitFlags(flags, r)
	id, _, err := containerFlags(flags, args, 0)
	if err != nil {
		return 1, err
	}
	if *file != "" {
		if r, err = readResources(*file); err != nil {
			return 1, err
		}
	}
	c, err := container.Load(g.root, id)
	if err != nil {
		return 1, err
	}
	return 0, c.Update(r)
}

// limitFlags are runc's. -1 means without limit.
func limitFlags(flags *flag.FlagSet, r *specs.LinuxResources) {
	number(flags, "memory", "memory in bytes", &r.Memory.Limit)
	number(flags, "memory-reservation", "memory that is left to it when the host runs short", &r.Memory.Reservation)
	number(flags, "memory-swap", "memory and swap together, in bytes", &r.Memory.Swap)
	number(flags, "kernel-memory-tcp", "memory for the buffers of TCP, in bytes (cgroup v1)", &r.Memory.KernelTCP)
	number(flags, "cpu-period", "length of a scheduling period in microseconds", &r.CPU.Period)
	number(flags, "cpu-quota", "processor time in each period, in microseconds", &r.CPU.Quota)
	number(flags, "cpu-burst", "processor time that may be saved up beyond the quota, in microseconds", &r.CPU.Burst)
	number(flags, "cpu-rt-period", "length of a period of realtime programs in microseconds", &r.CPU.RealtimePeriod)
	number(flags, "cpu-rt-runtime", "processor time of realtime programs in each period", &r.CPU.RealtimeRuntime)
	number(flags, "cpu-idle", "1: processor time that nobody else wants, 0: as usual", &r.CPU.Idle)
	number(flags, "cpu-share", "processor time in relation to others, usually 1024", &r.CPU.Shares)
	number(flags, "blkio-weight", "disk time in relation to others, 10 to 1000", &r.BlockIO.Weight)
	flags.StringVar(&r.CPU.Cpus, "cpuset-cpus", "", "processors, as 0-2,4")
	flags.StringVar(&r.CPU.Mems, "cpuset-mems", "", "memory nodes")
	flags.Func("pids-limit", "number of processes", func(s string) error {
		r.Pids = &specs.LinuxPids{}
		return parseNumber(s, &r.Pids.Limit)
	})
}

// number is a flag for a field that stays nil where it is not given.
func number[N int64 | uint64 | uint16](flags *flag.FlagSet, name, usage string, field **N) {
	flags.Func(name, usage, func(s string) error { return parseNumber(s, field) })
}

func parseNumber[N int64 | uint64 | uint16](s string, field **N) error {
	n, err := strconv.ParseInt(s, 10, 64)
	value := N(n)
	if err != nil || int64(value) != n {
		return fmt.Errorf("%q is no number that fits here", s)
	}
	*field = &value
	return nil
}

func readResources(path string) (*specs.LinuxResources, error) {
	var in io.Reader = os.Stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("update: read --resources: %w", err)
		}
		defer f.Close()
		in = f
	}
	r := &specs.LinuxResources{}
	if err := json.NewDecoder(in).Decode(r); err != nil {
		return nil, fmt.Errorf("update: read --resources %s: %w", path, err)
	}
	return r, nil
}
