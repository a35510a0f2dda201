// These tests say a container's limits in systemd's words.
package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/kernel"
)

func TestScope(t *testing.T) {
	for _, layout := range []string{"v2", "v1"} {
		c := container(t, limited)
		c.Scope = &Scope{Unit: "docker-box.scope", Slice: "a-b.slice"}
		c.Spec.Linux.CgroupsPath = "/a.slice/a-b.slice/docker-box.scope"
		h := host(layout)
		if len(ScopeSteps(c, h, 0)) > 0 {
			t.Error("a unit without a systemd")
		}
		h.Systemd, h.Slices = true, []string{"/sys/fs/cgroup/a.slice", "/sys/fs/cgroup/a.slice/a-b.slice"}
		steps := slices.Concat(Before(c, h), After(c, h), ScopeSteps(c, h, 0), Limits(c, h), Outside(c, h, 0), LateLimits(c, h),
			Update(c, h.Cgroups, &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: ptr(int64(-1))}}))
		for _, s := range steps {
			for _, problem := range badlyTold(s) {
				t.Errorf("%q: %s", s.Title, problem)
			}
		}
		testkit.Golden(t, "scope-"+layout+".golden", tell(len(steps), steps))
	}
}

func TestUnitProperties(t *testing.T) {
	for lines, want := range map[string]string{
		"memory.max max":                               "MemoryMax t 18446744073709551615",
		"memory.high 1000":                             "MemoryHigh t 1000",
		"memory.swap.max 0":                            "MemorySwapMax t 0",
		"memory.limit_in_bytes -1":                     "MemoryLimit t 18446744073709551615",
		"memory.oom.group 1":                           "", // systemd has no such property of a scope
		"cpu.max 12345 100000":                         "CPUQuotaPerSecUSec t 130000 CPUQuotaPeriodUSec t 100000",
		"cpu.max max 100000":                           "CPUQuotaPerSecUSec t 18446744073709551615",
		"cpu.cfs_period_us 50000;cpu.cfs_quota_us 500": "CPUQuotaPerSecUSec t 10000 CPUQuotaPeriodUSec t 50000",
		"cpu.idle 1":                                   "CPUWeight t 0",
		"cpu.idle 0":                                   "",
		"cpuset.cpus 0-2,9":                            "AllowedCPUs ay 2 7 2",
		"cpuset.mems 0":                                "AllowedMemoryNodes ay 1 1",
		"io.max 8:0 rbps=1000 wiops=max":               "IOReadBandwidthMax a(st) 1 /dev/block/8:0 1000 IOWriteIOPSMax a(st) 1 /dev/block/8:0 18446744073709551615",
		"io.latency 8:0 target=75":                     "IODeviceLatencyTargetUSec a(st) 1 /dev/block/8:0 75",
		"io.weight 8:0 50":                             "", // of one disk
		"devices.deny a;devices.allow c 1:3 rwm":       "DevicePolicy s strict DeviceAllow a(ss) 1 /dev/char/1:3 rwm",
		"devices.deny a;devices.allow b *:* m;devices.allow c 136:* rw":    "DevicePolicy s strict DeviceAllow a(ss) 2 block-* m char-136 rw",
		"devices.deny a;devices.allow a":                                   "",
		"devices.deny a;devices.allow c 1:* rwm;devices.deny c 1:3 w":      "DevicePolicy s strict DeviceAllow a(ss) 0",
		"devices.deny a;devices.allow c 1:* rwm;devices.deny b 1:3 w":      "DevicePolicy s strict DeviceAllow a(ss) 1 char-1 rwm",
		"devices.allow a;devices.deny b 8:0 w;devices.allow c 10:200 rwm ": "DevicePolicy s strict DeviceAllow a(ss) 1 /dev/char/10:200 rwm",
	} {
		var ops []explain.Op
		for line := range strings.SplitSeq(lines, ";") {
			file, value, _ := strings.Cut(line, " ")
			ops = append(ops, kernel.CgroupSet{File: "/sys/fs/cgroup/box/" + file, Value: value})
		}
		var got []string
		for _, p := range unitProperties(ops) {
			got = append(append(got, p.Name, p.Type), p.Words...)
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("%s\nis   %s\nwant %s", lines, text, want)
		}
	}
}
