// This file: what cgroup v2 alone has. The kernel's Documentation/admin-guide/cgroup-v2.rst; config-linux.md, "unified".
package conformance

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

// v2Group makes a group at the top of the tree.
func v2Group(t *testing.T, name string) string {
	t.Helper()
	testkit.Need(t, testkit.Root(), testkit.Cgroup2())
	dir := kernel.CgroupCreate{Path: filepath.Join("/sys/fs/cgroup", name)}
	check(t, dir.Do())
	t.Cleanup(func() { check(t, dir.Undo().Do()) })
	return dir.Path
}

func TestUnifiedFiles(t *testing.T) {
	sample := v2Group(t, "gbtsample")
	controllers := strings.Fields(content(t, "/sys/fs/cgroup/cgroup.controllers"))
	check(t, kernel.CgroupDelegate{Path: "/sys/fs/cgroup", Controllers: controllers}.Do())
	major, minor := someDisk()
	disk := strconv.FormatInt(major, 10) + ":" + strconv.FormatInt(minor, 10)
	for file, value := range map[string]string{
		"memory.max": "67108864", "memory.high": "33554432", "memory.low": "1048576", "memory.min": "524288", "memory.swap.max": "0", "memory.oom.group": "1",
		"cpu.max": "50000 100000", "cpu.weight": "50", "cpu.max.burst": "20000", "cpu.idle": "1", "pids.max": "40", "cpuset.cpus": "0", "cpuset.mems": "0",
		"hugetlb.2MB.max": "4194304", "io.max": disk + " rbps=1048576 wbps=max riops=max wiops=max", "io.latency": disk + " target=75", "io.weight": "default 50",
		"cpuset.cpus.partition": "member", "cgroup.max.depth": "3", "cgroup.max.descendants": "9",
	} {
		t.Run(file, func(t *testing.T) {
			b := newBox(t)
			b.spec.Linux.Resources = &specs.LinuxResources{Unified: map[string]string{file: value}}
			if _, err := os.Stat(filepath.Join(sample, file)); err != nil { // this kernel has no such file
				b.refused(file)
				return
			}
			c := b.start("sleep 100")
			want(t, file, content(t, filepath.Join(c.Cgroups[0], file)), value)
		})
	}
}

// A partition takes its processors from all groups beside it. It is asked for by the kernel's own file names, and shown.
func TestCpusetPartition(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.Cgroup2(), testkit.Processors(2))
	b := newBox(t)
	b.spec.Linux.CgroupsPath = "/gbtpartition"
	b.spec.Linux.Resources = &specs.LinuxResources{Unified: map[string]string{"cpuset.cpus": "1", "cpuset.cpus.partition": "root"}}
	pid := testkit.Unshared(t, "--uts", "true")
	want(t, "its neighbour's processors before", allowed(t, pid, 1), "true")
	c := b.start("sleep 100")
	limits, err := look.CgroupLimits(c.PID())
	check(t, err)
	shown := map[string]string{}
	for _, l := range limits {
		shown[l.Resource] = l.Value
	}
	want(t, "the processors that look shows", shown["processors in use"], "1")
	want(t, "the partition that look shows", shown["processors its own"], "root")
	want(t, "its neighbour's processors", allowed(t, pid, 1), "false")
}

// allowed tells whether a process may use a processor.
func allowed(t *testing.T, pid, processor int) string {
	t.Helper()
	var set unix.CPUSet
	check(t, unix.SchedGetaffinity(pid, &set))
	return strconv.FormatBool(set.IsSet(processor))
}

func content(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	check(t, err)
	return strings.TrimSpace(string(data))
}

// A user who sees the group writable, as the top of the tree, owns it; otherwise it stays root's. The limits do in any case.
func TestCgroupOwnership(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.Cgroup2())
	writable := specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup"}
	readonly := specs.Mount{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: []string{"ro"}}
	for name, c := range map[string]struct {
		mounts    []specs.Mount
		user      uint32
		namespace bool
		mapped    bool
		owner     string
	}{
		"writable":         {[]specs.Mount{writable}, 1000, true, false, "1000"},
		"mapped":           {[]specs.Mount{writable}, 1000, true, true, "101000"},
		"root":             {[]specs.Mount{writable}, 0, true, false, "0"},
		"read-only":        {[]specs.Mount{readonly}, 1000, true, false, "0"},
		"not mounted":      {nil, 1000, true, false, "0"},
		"shared namespace": {[]specs.Mount{writable}, 1000, false, false, "0"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t)
			if c.mapped {
				b = mapped(t)
			}
			b.spec.Mounts = append(append(b.spec.Mounts, specs.Mount{Destination: "/sys", Type: "sysfs", Source: "sysfs"}), c.mounts...)
			b.spec.Process.User.UID = c.user
			b.spec.Process.Capabilities = nil
			if !c.namespace {
				b.spec.Linux.Namespaces = without(b.spec.Linux.Namespaces, specs.CgroupNamespace)
			}
			box := b.start("mkdir /sys/fs/cgroup/below 2> /dev/null; sleep 100")
			for _, file := range []string{"", "cgroup.procs", "cgroup.subtree_control", "cgroup.threads"} {
				want(t, file, owner(t, filepath.Join(box.Cgroups[0], file)), c.owner)
			}
			want(t, "memory.max", owner(t, filepath.Join(box.Cgroups[0], "memory.max")), "0")
			if c.owner != "0" {
				waitFor(t, filepath.Join(box.Cgroups[0], "below")) // and delete takes it away with the rest
			}
		})
	}
}

func owner(t *testing.T, path string) string {
	t.Helper()
	info, err := os.Stat(path)
	check(t, err)
	return strconv.Itoa(int(info.Sys().(*syscall.Stat_t).Uid))
}

// A group that has processes hands no controllers down, and so no container can be limited below it.
func TestNoInternalProcesses(t *testing.T) {
	above := v2Group(t, "gbtbusy")
	pid := testkit.Unshared(t, "--uts", "true")
	check(t, kernel.CgroupJoin{Path: above, PID: pid}.Do())
	b := newBox(t)
	b.spec.Linux.CgroupsPath = "/gbtbusy/box"
	b.refused("/sys/fs/cgroup/gbtbusy/cgroup.subtree_control", "it has processes where v2 wants only groups below")
	check(t, kernel.CgroupJoin{Path: "/sys/fs/cgroup", PID: pid}.Do())
	b.output("true") // the control
}

func TestThreadedGroupIsRefused(t *testing.T) {
	above := v2Group(t, "gbtthreads")
	threads := kernel.CgroupCreate{Path: above + "/threads"}
	check(t, threads.Do())
	b := newBox(t)
	b.spec.Linux.CgroupsPath = "/gbtthreads/threads/box"
	b.output("true")                                                           // the control
	for dir := threads.Path; len(dir) >= len(above); dir = filepath.Dir(dir) { // what was handed down is taken back
		on := strings.Fields(content(t, dir+"/cgroup.subtree_control"))
		if len(on) > 0 {
			check(t, os.WriteFile(dir+"/cgroup.subtree_control", []byte("-"+strings.Join(on, " -")), 0))
		}
	}
	check(t, os.WriteFile(threads.Path+"/cgroup.type", []byte("threaded"), 0))
	want(t, "the group above it", content(t, above+"/cgroup.type"), "domain threaded")
	b.refused("/gbtthreads/threads/box", "cgroup.type", "threaded")
	b.spec.Linux.CgroupsPath = "/gbtthreads/beside"
	b.refused("/gbtthreads/beside", "cgroup.type", "domain")
	for _, name := range []string{"threads/box", "beside"} {
		if _, err := os.Stat(filepath.Join(above, name)); err == nil {
			t.Errorf("%s is left behind", name)
		}
	}
}

// Inside, the container's group is the top: the path of its own group is /, and of the host's groups it has no name but "..".
func TestCgroupNamespace(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.Cgroup2())
	b := newBox(t)
	b.spec.Linux.CgroupsPath = "/gbtns/deep/box"
	b.spec.Linux.Namespaces = append(without(b.spec.Linux.Namespaces, specs.CgroupNamespace), specs.LinuxNamespace{Type: specs.CgroupNamespace})
	want(t, "its own", b.output("cat /proc/self/cgroup"), "0::/")
	b.spec.Linux.Namespaces = without(b.spec.Linux.Namespaces, specs.CgroupNamespace)
	want(t, "without the namespace", b.output("cat /proc/self/cgroup"), "0::/gbtns/deep/box")
	check(t, kernel.CgroupRemove{Path: "/sys/fs/cgroup/gbtns"}.Do())
}
