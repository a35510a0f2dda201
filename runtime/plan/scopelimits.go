// This file translates lines for the files of a cgroup into properties of a systemd unit. man 5 systemd.resource-control,
// man 5 org.freedesktop.systemd1. What systemd has no word for (hugetlb, memory.oom.group) it leaves alone.
package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"glassbox/kernel"
)

// numbers are the files that hold one number, "max" or -1 for none.
var numbers = map[string]string{
	"memory.max": "MemoryMax", "memory.high": "MemoryHigh", "memory.low": "MemoryLow", "memory.min": "MemoryMin",
	"memory.swap.max": "MemorySwapMax", "cpu.weight": "CPUWeight", "io.weight": "IOWeight", "pids.max": "TasksMax",
	"memory.limit_in_bytes": "MemoryLimit", "cpu.shares": "CPUShares", "blkio.weight": "BlockIOWeight",
}

// perDevice are the words of io.max and io.latency.
var perDevice = map[string]string{
	"rbps": "IOReadBandwidthMax", "wbps": "IOWriteBandwidthMax", "riops": "IOReadIOPSMax", "wiops": "IOWriteIOPSMax",
	"target": "IODeviceLatencyTargetUSec",
}

type translator struct {
	period     string
	properties []kernel.UnitProperty
	devices    []kernel.DeviceRule // what is allowed
	strict     bool                // and nothing else is
}

func (t *translator) say(name, kind string, words ...string) {
	t.properties = append(t.properties, kernel.UnitProperty{Name: name, Type: kind, Words: words})
}

func (t *translator) add(file, value string) {
	words := strings.Fields(value)
	switch {
	case len(words) == 0:
	case file == "pids.max" && value == "0": // less than systemd takes; the file itself is written afterwards
		t.say("TasksMax", "t", "1")
	case numbers[file] != "" && len(words) == 1:
		t.say(numbers[file], "t", orInfinity(words[0]))
	case file == "cpu.idle" && value == "1":
		t.say("CPUWeight", "t", "0")
	case file == "cpu.max":
		if len(words) == 2 {
			t.period = words[1]
		}
		t.quota(words[0])
	case file == "cpu.cfs_period_us":
		t.period = value
	case file == "cpu.cfs_quota_us":
		t.quota(value)
	case file == "cpuset.cpus":
		t.say("AllowedCPUs", "ay", bitmap(value)...)
	case file == "cpuset.mems":
		t.say("AllowedMemoryNodes", "ay", bitmap(value)...)
	case file == "io.max", file == "io.latency":
		t.disk(words)
	case file == "devices.allow", file == "devices.deny":
		t.device(file == "devices.allow", words)
	}
}

func orInfinity(number string) string {
	if number == "max" || strings.HasPrefix(number, "-") {
		return strconv.FormatUint(math.MaxUint64, 10)
	}
	return number
}

// quota: systemd counts in whole per cent of a processor when it reads its units anew, and no per cent would mean no quota.
func (t *translator) quota(quota string) {
	n, err := strconv.ParseInt(quota, 10, 64)
	period, perr := strconv.ParseInt(t.period, 10, 64)
	if err != nil || perr != nil || n < 0 || period <= 0 {
		t.say("CPUQuotaPerSecUSec", "t", orInfinity("max"))
		return
	}
	const second, percent = 1000000, 10000
	t.say("CPUQuotaPerSecUSec", "t", strconv.FormatInt((n*second/period+percent-1)/percent*percent, 10))
	t.say("CPUQuotaPeriodUSec", "t", t.period)
}

func (t *translator) disk(words []string) {
	for _, w := range words[1:] {
		key, value, _ := strings.Cut(w, "=")
		if name := perDevice[key]; name != "" {
			t.say(name, "a(st)", "1", "/dev/block/"+words[0], orInfinity(value))
		}
	}
}

// bitmap is a list of numbers as systemd takes it: bytes, a bit for each. The first word counts them.
func bitmap(list string) []string {
	var bits []byte
	for part := range strings.SplitSeq(list, ",") {
		low, high, isRange := strings.Cut(part, "-")
		first, err := strconv.ParseUint(strings.TrimSpace(low), 10, 13)
		last := first
		if err == nil && isRange {
			last, err = strconv.ParseUint(strings.TrimSpace(high), 10, 13)
		}
		for n := first; err == nil && n <= last; n++ {
			for uint64(len(bits)) <= n/8 {
				bits = append(bits, 0)
			}
			bits[n/8] |= 1 << (n % 8)
		}
	}
	words := []string{strconv.Itoa(len(bits))}
	for _, b := range bits {
		words = append(words, strconv.Itoa(int(b)))
	}
	return words
}

// device folds v1's rules into a list of what is allowed, which is all that systemd knows. A rule that denies a part of what was
// allowed before it takes that away whole: rather too little than too much.
func (t *translator) device(allow bool, words []string) {
	if words[0] == "a" {
		t.devices, t.strict = nil, !allow
		return
	}
	var number [2]string
	number[0], number[1], _ = strings.Cut(words[1], ":")
	rule := kernel.DeviceRule{Allow: allow, Type: words[0], Major: orAny(number[0]), Minor: orAny(number[1]), Access: words[2]}
	if allow {
		t.devices = append(t.devices, rule)
		return
	}
	t.strict = true
	t.devices = slices.DeleteFunc(t.devices, func(d kernel.DeviceRule) bool {
		return d.Type == rule.Type && overlap(d.Major, rule.Major) && overlap(d.Minor, rule.Minor)
	})
}

func overlap(a, b int64) bool { return a == b || a < 0 || b < 0 }

func orAny(number string) int64 {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (t *translator) finish() []kernel.UnitProperty {
	if !t.strict {
		return t.properties
	}
	words := []string{strconv.Itoa(len(t.devices))}
	for _, d := range t.devices {
		kind := map[string]string{"b": "block", "c": "char"}[d.Type]
		name := fmt.Sprintf("/dev/%s/%d:%d", kind, d.Major, d.Minor)
		switch {
		case d.Major < 0:
			name = kind + "-*"
		case d.Minor < 0:
			name = fmt.Sprintf("%s-%d", kind, d.Major)
		}
		words = append(words, name, d.Access)
	}
	t.say("DevicePolicy", "s", "strict")
	t.say("DeviceAllow", "a(ss)", words...)
	return t.properties
}
