// These tests turn specifications into plans: read testdata/*.golden, they are the documentation of what a container is made of.
package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/kernel/look"
)

func ptr[T any](v T) *T { return &v }

// container is what glassbox-oci proposes, with a change.
func container(t testing.TB, change func(c *Container)) Container {
	t.Helper()
	text, err := os.ReadFile("testdata/config.json")
	if err != nil {
		t.Fatal(err)
	}
	c := Container{ID: "box", Bundle: "/bundle", Spec: &specs.Spec{}}
	if err := json.Unmarshal(text, c.Spec); err != nil {
		t.Fatal(err)
	}
	c.Spec.Process.Terminal = false
	if change != nil {
		change(&c)
	}
	return c
}

// The three ways in which cgroups are mounted.
func layouts() map[string]look.Layout {
	v1 := func(controllers ...string) map[string]look.Hierarchy {
		trees := map[string]look.Hierarchy{"name=systemd": {Point: "/sys/fs/cgroup/systemd", Root: "/", Controllers: []string{"name=systemd"}}}
		for _, c := range controllers {
			trees[c] = look.Hierarchy{Point: "/sys/fs/cgroup/" + c, Root: "/", Controllers: []string{c}}
		}
		cpu := look.Hierarchy{Point: "/sys/fs/cgroup/cpu,cpuacct", Root: "/", Controllers: []string{"cpu", "cpuacct"}}
		trees["cpu"], trees["cpuacct"] = cpu, cpu
		return trees
	}
	return map[string]look.Layout{
		"v2": {Mode: look.ModeV2, V2: look.Hierarchy{Point: "/sys/fs/cgroup", Root: "/", Controllers: []string{"cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma", "misc"}}},
		"v1": {Mode: look.ModeV1, V1: v1("memory", "cpuset", "blkio", "devices", "freezer", "pids", "hugetlb")},
		"hybrid": {Mode: look.ModeHybrid, V1: v1("memory", "cpuset", "blkio", "devices", "freezer", "pids"),
			V2: look.Hierarchy{Point: "/sys/fs/cgroup/unified", Root: "/", Controllers: []string{"hugetlb"}}},
		"none": {Mode: look.ModeNone},
	}
}

func host(layout string) Host {
	return Host{Cgroups: layouts()[layout], Capabilities: 1<<41 - 1, CPUs: "0-3", MemoryNodes: "0", Paths: map[string]Kind{
		"/proc/kcore": File, "/proc/acpi": Dir, "/sys/firmware": Dir, "/proc/sys": Dir, "/proc/sysrq-trigger": File,
		"/src/dir": Dir, "/src/file": File, "/bundle/data": Dir}}
}

func limited(c *Container) {
	throttle := func(rate uint64) []specs.LinuxThrottleDevice {
		d := specs.LinuxThrottleDevice{Rate: rate}
		d.Major, d.Minor = 8, 0
		return []specs.LinuxThrottleDevice{d}
	}
	c.Spec.Linux.Resources = &specs.LinuxResources{
		Memory: &specs.LinuxMemory{Limit: ptr(int64(64 << 20)), Swap: ptr(int64(96 << 20)), Reservation: ptr(int64(32 << 20)), DisableOOMKiller: ptr(true)},
		CPU:    &specs.LinuxCPU{Shares: ptr(uint64(512)), Quota: ptr(int64(50000)), Period: ptr(uint64(100000)), Cpus: "0-1", Mems: "0"},
		Pids:   &specs.LinuxPids{Limit: ptr(int64(64))},
		BlockIO: &specs.LinuxBlockIO{Weight: ptr(uint16(500)), ThrottleReadBpsDevice: throttle(1 << 20), ThrottleWriteBpsDevice: throttle(2 << 20),
			ThrottleReadIOPSDevice: throttle(100), ThrottleWriteIOPSDevice: throttle(200)},
		HugepageLimits: []specs.LinuxHugepageLimit{{Pagesize: "2MB", Limit: 4 << 20}},
		Devices: []specs.LinuxDeviceCgroup{{Allow: false, Access: "rwm"},
			{Allow: true, Type: "b", Major: ptr(int64(8)), Minor: ptr(int64(0)), Access: "r"}, {Allow: true, Type: "c", Major: ptr(int64(10)), Access: "rw"}},
	}
}

func without(kind specs.LinuxNamespaceType) func(specs.LinuxNamespace) bool {
	return func(n specs.LinuxNamespace) bool { return n.Type == kind }
}

// plans are the specifications: what is changed in the proposed one, and the cgroups of the machine.
var plans = []struct {
	name, layout string
	change       func(c *Container)
}{
	{"default", "v2", nil},
	{"default-v1", "v1", nil},
	{"default-hybrid", "hybrid", nil},
	{"no-cgroups", "none", nil},
	{"limits-v2", "v2", func(c *Container) { limited(c); c.Spec.Linux.Resources.Memory.DisableOOMKiller = nil }}, // v2 has no such thing
	{"limits-v1", "v1", limited},
	{"limits-hybrid", "hybrid", func(c *Container) { limited(c); c.Spec.Linux.Resources.HugepageLimits = nil }}, // containers have no groups in the v2 part
	{"unified", "v2", func(c *Container) {
		c.Spec.Linux.Resources = &specs.LinuxResources{Unified: map[string]string{"memory.high": "1000000", "cpu.weight.nice": "3"}}
	}},
	{"tty", "v2", func(c *Container) {
		c.Spec.Process.Terminal, c.Spec.Process.ConsoleSize = true, &specs.Box{Height: 24, Width: 80}
	}},
	{"writable-root", "v2", func(c *Container) { c.Spec.Root.Readonly = false }},
	{"shared-root", "v2", func(c *Container) { c.Spec.Linux.RootfsPropagation = "rshared" }},
	{"user-namespace", "v2", func(c *Container) {
		c.Spec.Linux.Namespaces = append(c.Spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
		c.Spec.Linux.UIDMappings = []specs.LinuxIDMapping{{ContainerID: 0, HostID: 100000, Size: 65536}}
		c.Spec.Linux.GIDMappings = c.Spec.Linux.UIDMappings
	}},
	{"host-network", "v2", func(c *Container) {
		c.Spec.Linux.Namespaces = slices.DeleteFunc(c.Spec.Linux.Namespaces, without(specs.NetworkNamespace))
	}},
	{"joined-network", "v2", func(c *Container) {
		for i, n := range c.Spec.Linux.Namespaces {
			if n.Type == specs.NetworkNamespace {
				c.Spec.Linux.Namespaces[i].Path = "/run/netns/box"
			}
		}
	}},
	{"init", "v2", func(c *Container) { c.Init = true }},
	{"no-pivot", "v2", func(c *Container) { c.Stay = true }},
	{"bare", "v2", func(c *Container) { c.Bare = "/run/glassbox/bare/ns" }},
	{"time", "v2", func(c *Container) {
		c.Spec.Linux.Namespaces = append(c.Spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.TimeNamespace})
		c.Spec.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{"monotonic": {Secs: 3600}, "boottime": {Secs: 86400, Nanosecs: 5}}
	}},
	{"mounts", "v2", func(c *Container) {
		c.Spec.Mounts = append(c.Spec.Mounts,
			specs.Mount{Destination: "/data", Source: "/src/dir", Options: []string{"rbind", "ro", "nosuid", "rslave"}},
			specs.Mount{Destination: "/etc/resolv.conf", Source: "/src/file", Type: "bind", Options: []string{"bind"}},
			specs.Mount{Destination: "/of/the/bundle/with/a/path/that/is/rather/long", Source: "data", Type: "bind"},
			specs.Mount{Destination: "/tmp", Source: "tmpfs", Type: "tmpfs", Options: []string{"rprivate", "mode=1777"}})
	}},
	{"who", "v2", func(c *Container) {
		p := c.Spec.Process
		p.User = specs.User{UID: 1000, GID: 100, AdditionalGids: []uint32{10, 20}, Umask: ptr(uint32(0o077))}
		p.OOMScoreAdj, p.Cwd, p.NoNewPrivileges = ptr(-5), "/home", false
		p.Capabilities.Inheritable, p.Capabilities.Ambient = []string{"CAP_KILL"}, []string{"CAP_KILL", "CAP_AUDIT_WRITE"}
		c.Spec.Domainname, c.Spec.Linux.Sysctl = "example", map[string]string{"net.ipv4.ip_forward": "1", "kernel.msgmax": "8192"}
		c.Spec.Linux.Devices = []specs.LinuxDevice{{Path: "/dev/fuse", Type: "c", Major: 10, Minor: 229, FileMode: ptr(os.FileMode(0o600)), UID: ptr(uint32(1000))}}
		c.Filter = Filter{Program: make([]byte, 80)}
	}},
}

// tell prints a plan as --explain does, without the times.
func tell(inside int, steps []explain.Step) string {
	var b strings.Builder
	p := &explain.Print{W: &b}
	for i, s := range steps {
		p.Hear(explain.Telling(s, i >= inside))
	}
	return b.String()
}

func TestPlans(t *testing.T) {
	for _, c := range plans {
		t.Run(c.name, func(t *testing.T) {
			box, h := container(t, c.change), host(c.layout)
			if err := Refusal(box, h); err != nil {
				t.Errorf("this would be refused: %v", err)
			}
			outside, inside := Halves(box, h, 0, "/bin/sh")
			testkit.Golden(t, c.name+".golden", tell(len(outside), append(outside, inside...)))
		})
	}
}

// An exec into a running container whose first process is 7.
func TestVisit(t *testing.T) {
	c := container(t, nil)
	p := *c.Spec.Process
	p.Args, p.Terminal = []string{"ps"}, true
	for _, layout := range []string{"v2", "v1"} {
		outside := append([]explain.Step{Visit(c, host(layout), nil)}, VisitOutside(c, host(layout), 0)...)
		inside := append(VisitInside(c, &p, 7, host(layout)), LastVisit(c, &p, []string{"/bin/ps"}, 3)...)
		testkit.Golden(t, "exec-"+layout+".golden", tell(len(outside), append(outside, inside...)))
	}
}

// The same specification and the same facts give the same plan, and a plan changes neither.
func TestPlansArePure(t *testing.T) {
	for _, c := range plans {
		box, h := container(t, c.change), host(c.layout)
		before, err := json.Marshal([]any{box, h})
		if err != nil {
			t.Fatal(err)
		}
		first := fmt.Sprintf("%#v", Whole(box, h))
		for range 3 {
			if again := fmt.Sprintf("%#v", Whole(box, h)); again != first {
				t.Errorf("%s: another plan:\n%s\n%s", c.name, first, again)
			}
		}
		if after, err := json.Marshal([]any{box, h}); err != nil || string(after) != string(before) {
			t.Errorf("%s: the specification was changed (%v)", c.name, err)
		}
	}
}

// Every step of every plan is well told: its ops too, which only the finished plan shows.
func TestStepsAreWellTold(t *testing.T) {
	told := map[string]bool{}
	for _, c := range plans {
		for _, s := range Whole(container(t, c.change), host(c.layout)) {
			told[s.Title] = true
			for _, problem := range badlyTold(s) {
				t.Errorf("%s: %q: %s", c.name, s.Title, problem)
			}
		}
	}
	if len(told) < 25 {
		t.Errorf("only %d different steps: %v", len(told), slices.Sorted(maps.Keys(told)))
	}
	if got := badlyTold(explain.Step{Title: strings.Repeat("x", 41), Why: "because.", Ops: []explain.Op{}}); len(got) != 5 { // the control
		t.Errorf("a bad step has only these faults: %v", got)
	}
}

func badlyTold(s explain.Step) []string {
	var bad []string
	for fault, is := range map[string]bool{
		"a title has 1 to 40 characters":       s.Title == "" || len([]rune(s.Title)) > 40,
		"a title begins with a capital letter": s.Title == "" || s.Title[0] < 'A' || s.Title[0] > 'Z',
		"why has 1 to 100 characters":          s.Why == "" || len([]rune(s.Why)) > 100,
		"why has no full stop":                 strings.HasSuffix(s.Why, "."),
		"a lesson shows it":                    len(s.Lesson) != 2,
		"a step does something":                len(s.Ops) == 0,
		"an op has a call":                     slices.ContainsFunc(s.Ops, func(op explain.Op) bool { return op.Call() == "" }),
	} {
		if is {
			bad = append(bad, fault)
		}
	}
	return bad
}
