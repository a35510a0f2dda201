// This file: resources that need a controller: set where the host has it, refused with the reason where it has not.
// config-linux.md, "Control groups".
package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/kernel"
	"glassbox/kernel/look"
)

// resource is a wish, and the files in which it is then found, by controller; v1 and v2 have their own.
type resource struct {
	name, controller string
	r                specs.LinuxResources
	v1, v2           map[string]string // any of these files, by the value that it has to have
}

func resources() []resource {
	throttle := specs.LinuxThrottleDevice{Rate: 1048576}
	throttle.Major, throttle.Minor = someDisk()
	return []resource{
		{"swappiness", "memory", specs.LinuxResources{Memory: &specs.LinuxMemory{Swappiness: pointer(uint64(10))}},
			map[string]string{"memory.swappiness": "10"}, nil},
		{"kernelTCP", "memory", specs.LinuxResources{Memory: &specs.LinuxMemory{KernelTCP: pointer(int64(1 << 20))}},
			map[string]string{"memory.kmem.tcp.limit_in_bytes": "1048576"}, nil},
		{"disableOOMKiller", "memory", specs.LinuxResources{Memory: &specs.LinuxMemory{DisableOOMKiller: pointer(true)}},
			map[string]string{"memory.oom_control": "oom_kill_disable 1"}, nil},
		{"burst", "cpu", specs.LinuxResources{CPU: &specs.LinuxCPU{Quota: pointer(int64(50000)), Burst: pointer(uint64(10000))}},
			map[string]string{"cpu.cfs_burst_us": "10000"}, map[string]string{"cpu.max.burst": "10000"}},
		{"idle", "cpu", specs.LinuxResources{CPU: &specs.LinuxCPU{Idle: pointer(int64(1))}},
			map[string]string{"cpu.idle": "1"}, map[string]string{"cpu.idle": "1"}},
		{"weight", "blkio", specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{Weight: pointer(uint16(300))}},
			map[string]string{"blkio.weight": "300", "blkio.bfq.weight": "300"}, map[string]string{"io.weight": "2930", "io.bfq.weight": "300"}},
		{"throttle", "blkio", specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{ThrottleReadBpsDevice: []specs.LinuxThrottleDevice{throttle}}},
			map[string]string{"blkio.throttle.read_bps_device": "1048576"}, map[string]string{"io.max": "rbps=1048576"}},
		{"hugepageLimits", "hugetlb", specs.LinuxResources{HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 4 << 20}}},
			map[string]string{"hugetlb.2MB.rsvd.limit_in_bytes": "4194304"}, map[string]string{"hugetlb.2MB.rsvd.max": "4194304"}},
		{"classID", "net_cls", specs.LinuxResources{Network: &specs.LinuxNetwork{ClassID: pointer(uint32(0x100001))}},
			map[string]string{"net_cls.classid": "1048577"}, nil},
		{"priorities", "net_prio", specs.LinuxResources{Network: &specs.LinuxNetwork{Priorities: []specs.LinuxInterfacePriority{{Name: "lo", Priority: 5}}}},
			map[string]string{"net_prio.ifpriomap": "lo 5"}, nil},
		{"unified", "hugetlb", specs.LinuxResources{Unified: map[string]string{"hugetlb.2MB.max": "4194304"}},
			nil, map[string]string{"hugetlb.2MB.max": "4194304"}},
	}
}

// someDisk is a disk of this machine.
func someDisk() (major, minor int64) {
	disks, _ := filepath.Glob("/sys/block/*/dev")
	for _, d := range disks {
		if data, err := os.ReadFile(d); err == nil {
			var a, b int64
			if n, err := fmt.Sscanf(string(data), "%d:%d", &a, &b); err == nil && n == 2 {
				return a, b
			}
		}
	}
	return 8, 0
}

func TestResources(t *testing.T) {
	layout, err := look.HostLayout()
	check(t, err)
	for _, r := range resources() {
		t.Run(r.name, func(t *testing.T) {
			b := newBox(t)
			b.spec.Linux.Resources = &r.r
			_, version := layout.Where(r.controller)
			files := map[int]map[string]string{1: r.v1, 2: r.v2}[version]
			if version == 2 && layout.Mode != look.ModeV2 || r.name == "unified" && layout.Mode != look.ModeV2 {
				files = nil
			}
			if files == nil {
				b.refused("linux.resources", r.name)
				return
			}
			if version == 1 && !offered(t, layout.Dir(r.controller, "/"), files) {
				b.refused(r.controller)
				return
			}
			c := b.start("sleep 100")
			for file, value := range files {
				data, err := os.ReadFile(filepath.Join(layout.Dir(r.controller, "/glassbox/"+c.Plan.ID), file))
				if err == nil && strings.Contains(string(data), value) {
					t.Logf("%s: %s", file, strings.TrimSpace(string(data)))
					return
				}
			}
			t.Errorf("none of %v has its value", files)
		})
	}
}

// offered tells whether groups below dir have one of the files: of a disk's scheduler they have those while it is loaded.
func offered(t *testing.T, dir string, files map[string]string) bool {
	t.Helper()
	sample := kernel.CgroupCreate{Path: filepath.Join(dir, "gbtsample")}
	check(t, sample.Do())
	defer func() { check(t, sample.Undo().Do()) }()
	for file := range files {
		if _, err := os.Stat(filepath.Join(sample.Path, file)); err == nil {
			return true
		}
	}
	return false
}

func TestLimitThatTheKernelRefusesUndoesAll(t *testing.T) {
	b := newBox(t)
	b.spec.Linux.Resources = &specs.LinuxResources{CPU: &specs.LinuxCPU{Cpus: "900-999"}}
	b.refused("set the limits", "900-999")
	layout, err := look.HostLayout()
	check(t, err)
	for _, tree := range layout.Trees() {
		if _, err := os.Stat(tree.Dir("/glassbox/" + b.options(nil).ID)); err == nil {
			t.Errorf("left behind: %s", tree.Dir("/glassbox/"+b.options(nil).ID))
		}
	}
}

// The weight of a disk belongs to its scheduler: one without weights is the kernel's to refuse.
func TestWeightOfOneDisk(t *testing.T) {
	b := newBox(t)
	weighed := specs.LinuxWeightDevice{Weight: pointer(uint16(300))}
	weighed.Major, weighed.Minor = someDisk()
	b.spec.Linux.Resources = &specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{WeightDevice: []specs.LinuxWeightDevice{weighed}}}
	scheduler, err := os.ReadFile(fmt.Sprintf("/sys/dev/block/%d:%d/queue/scheduler", weighed.Major, weighed.Minor))
	check(t, err)
	if strings.Contains(string(scheduler), "[bfq]") {
		b.output("true")
	} else {
		b.refused("weight") // by the file's absence, or by its answer
	}
}

// No test machine has such a device: without the controller we refuse, with it the kernel does.
func TestCheckBeforeUpdate(t *testing.T) {
	c := newBox(t).start("sleep 100")
	limit := func(n int64) *specs.LinuxResources {
		return &specs.LinuxResources{Memory: &specs.LinuxMemory{Limit: &n, CheckBeforeUpdate: pointer(true)}}
	}
	if err := c.Update(limit(4096)); err == nil || !strings.Contains(err.Error(), "checkBeforeUpdate") {
		t.Errorf("less than it uses: %v", err)
	}
	want(t, "it", string(c.Status()), "running")
	check(t, c.Update(limit(64<<20))) // the control
}

// A limit of 0 is one since version 1.3: the program may run, and fork nothing. Up to 1.2 it meant none.
func TestPidsLimitOfZero(t *testing.T) {
	for _, c := range []struct {
		version string
		limit   int64
		forks   bool
	}{{"1.3.0", 0, false}, {"1.3.0", 1, false}, {"1.3.0", 2, true}, {"1.2.1", 0, true}} {
		b := newBox(t)
		b.spec.Version = c.version
		b.spec.Linux.Resources = &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: &c.limit}}
		text, code, err := b.run("true; (true); echo ran")
		check(t, err)
		if (code == 0) != c.forks {
			t.Errorf("version %s, limit %d: exit code %d: %s", c.version, c.limit, code, text)
		}
	}
}

func TestLimitsThatSayNothing(t *testing.T) {
	b := newBox(t)
	b.spec.Linux.Resources = &specs.LinuxResources{BlockIO: &specs.LinuxBlockIO{WeightDevice: []specs.LinuxWeightDevice{{}}}}
	b.refused("weightDevice")
	b.spec.Linux.Resources = &specs.LinuxResources{Rdma: map[string]specs.LinuxRdma{"mlx5_1": {}}}
	b.refused("hcaHandles")
}

func TestRdmaIsRefusedWithoutADevice(t *testing.T) {
	b := newBox(t)
	b.spec.Linux.Resources = &specs.LinuxResources{Rdma: map[string]specs.LinuxRdma{"mlx5_1": {HcaHandles: pointer(uint32(3))}}}
	b.refused("rdma")
}

// A slice that is made for a container goes with the last one in it; somebody else's stays.
func TestSlicesAreTakenBack(t *testing.T) {
	layout, err := look.HostLayout()
	check(t, err)
	theirs := layout.Dir("pids", "/gbtheirs.slice")
	check(t, os.Mkdir(theirs, 0o755))
	defer func() { check(t, os.Remove(theirs)) }()
	first, second, third := newBox(t), newBox(t), newBox(t)
	first.spec.Linux.CgroupsPath = "/gbtest.slice/gbtest-a.slice/one.scope"
	second.spec.Linux.CgroupsPath = "/gbtest.slice/two.scope"
	c := first.start("sleep 100")
	second.output("true")
	ours := layout.Dir("pids", "/gbtest.slice")
	if _, err := os.Stat(ours + "/gbtest-a.slice/one.scope"); err != nil {
		t.Errorf("the slice of a container that runs: %v", err)
	}
	third.spec.Linux.CgroupsPath = "/gbtheirs.slice/three.scope"
	third.output("true")
	if _, err := os.Stat(theirs); err != nil {
		t.Errorf("a slice of somebody else's: %v", err)
	}
	check(t, c.Delete(true))
	for _, tree := range layout.Trees() {
		if _, err := os.Stat(tree.Dir("/gbtest.slice")); err == nil {
			t.Errorf("%s is left behind", tree.Dir("/gbtest.slice"))
		}
	}
}
