// This file finds the limits that this machine can not hold. As in Docker, what would only be less comfortable is left out with a
// warning; what would be a broken promise is refused.
package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"glassbox/kernel/look"
)

// honoured returns the limits that this machine can hold, and warns of each that is left out.
func (e *Engine) honoured(l Limits, parent string) (Limits, error) {
	l, warnings, err := honour(l, parent)
	for _, w := range warnings {
		if e.Warn != nil {
			e.Warn(w)
		}
	}
	return l, err
}

func honour(l Limits, parent string) (Limits, []string, error) {
	if err := processorsThere(l.CPUSet); err != nil {
		return l, nil, err
	}
	if l.Swappiness == nil && !l.NoOOMKill && l.Disk.none() && l.RealTime == (RealTime{}) {
		return l, nil, nil // what is common is had everywhere, and looking takes time
	}
	layout, err := look.HostLayout()
	if err != nil {
		return l, nil, err
	}
	var warnings []string
	discard := func(what string) { warnings = append(warnings, what) }
	if _, version := layout.Where("memory"); version == 2 {
		if l.Swappiness != nil {
			l.Swappiness = nil
			discard("cgroup v2 has no swappiness for each group: --memory-swappiness is left out")
		}
		if l.NoOOMKill {
			l.NoOOMKill = false
			discard("cgroup v2 has no group without the OOM killer: --oom-kill-disable is left out")
		}
	}
	if l.NoOOMKill && l.Memory == 0 {
		discard("the OOM killer is disabled for the container, but no memory limit is set: this can result in the system running out of resources")
	}
	if weighed := l.Disk.Weight != 0 || len(l.Disk.Weights) > 0; weighed && !weighsDisks(layout) {
		l.Disk.Weight, l.Disk.Weights = 0, nil
		discard("this kernel shares no disk by weight (no blkio.weight, io.weight or BFQ): --blkio-weight and --blkio-weight-device are left out")
	}
	return l, warnings, realTimeLeft(l.RealTime, layout, orElse(parent, cgroupParent))
}

// processorsThere refuses processors that the machine does not have: the kernel would speak of a result out of range.
func processorsThere(list string) error {
	if list == "" {
		return nil
	}
	online, err := os.ReadFile("/sys/devices/system/cpu/online")
	if err != nil {
		return fmt.Errorf("--cpuset-cpus: see which processors there are: %w", err)
	}
	have := map[int]bool{}
	if err := eachProcessor(strings.TrimSpace(string(online)), func(n int) error { have[n] = true; return nil }); err != nil {
		return err
	}
	return eachProcessor(list, func(n int) error {
		if have[n] {
			return nil
		}
		return fmt.Errorf("--cpuset-cpus %s: processor %d is not available, only %s", list, n, strings.TrimSpace(string(online)))
	})
}

// eachProcessor reads "0-2,4" and stops at the first error of do.
func eachProcessor(list string, do func(int) error) error {
	for part := range strings.SplitSeq(list, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		from, fromErr := strconv.Atoi(low)
		to, toErr := strconv.Atoi(high)
		if fromErr != nil || toErr != nil || from < 0 || to < from {
			return fmt.Errorf("--cpuset-cpus %q: write numbers of processors and ranges of them, such as 0-2,4", list)
		}
		for n := from; n <= to; n++ {
			if err := do(n); err != nil {
				return err
			}
		}
	}
	return nil
}

// weighsDisks looks at the groups below the root, for the root itself has no weight. Where there is none yet, making one will tell.
func weighsDisks(l look.Layout) bool {
	dir := l.Dir("blkio", "/")
	if dir == "" {
		return false
	}
	groups, _ := filepath.Glob(filepath.Join(dir, "*/cgroup.procs")) // the pattern is well formed
	weights, _ := filepath.Glob(filepath.Join(dir, "*/*.*weight"))   // blkio.weight, io.weight, blkio.bfq.weight …
	return len(groups) == 0 || len(weights) > 0
}

// realTimeLeft: each group gives its children a part of its own real time, and new groups have none.
func realTimeLeft(r RealTime, l look.Layout, parent string) error {
	if r == (RealTime{}) {
		return nil
	}
	if _, version := l.Where("cpu"); version != 1 {
		return errors.New("--cpu-rt-period and --cpu-rt-runtime: cgroup v2 has no such limits: leave them out")
	}
	file := filepath.Join(l.Dir("cpu", parent), "cpu.rt_runtime_us")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return errors.New("--cpu-rt-period and --cpu-rt-runtime: this kernel divides no real time between groups (CONFIG_RT_GROUP_SCHED)")
	}
	if err != nil {
		return fmt.Errorf("--cpu-rt-runtime: %w", err)
	}
	have, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return fmt.Errorf("--cpu-rt-runtime: read %s: %w", file, err)
	}
	if r.Runtime > have {
		return fmt.Errorf("--cpu-rt-runtime %d: the group %s has %d microseconds of real time to give: write more into %s first",
			r.Runtime, parent, have, file)
	}
	return nil
}
