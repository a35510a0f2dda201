// This file: devices, network devices, kernel parameters, personality, memory policy, cgroups. config-linux.md.
package conformance

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

func TestDefaultDevicesAndLinks(t *testing.T) {
	b := newBox(t)
	want(t, "devices", b.fields("for d in null zero full random urandom tty; do stat -c %n:%t:%T:%a /dev/$d; done"),
		"/dev/null:1:3:666 /dev/zero:1:5:666 /dev/full:1:7:666 /dev/random:1:8:666 /dev/urandom:1:9:666 /dev/tty:5:0:666")
	want(t, "links", b.fields("for l in fd stdin stdout stderr ptmx; do readlink /dev/$l; done"),
		"/proc/self/fd /proc/self/fd/0 /proc/self/fd/1 /proc/self/fd/2 pts/ptmx")
}

func TestDefaultDevicesWithoutAMountOnDev(t *testing.T) {
	b := newBox(t)
	b.spec.Mounts = b.spec.Mounts[:1]
	for range 2 { // the second time over the nodes of the first
		want(t, "null", b.fields("stat -c %t:%T /dev/null"), "1:3")
	}
}

func TestDevices(t *testing.T) {
	b := newBox(t)
	mode := os.FileMode(0o640)
	b.spec.Linux.Devices = []specs.LinuxDevice{
		{Path: "/dev/net/mine", Type: "c", Major: 10, Minor: 200, FileMode: &mode, UID: pointer(uint32(7)), GID: pointer(uint32(8))},
		{Path: "/dev/disk", Type: "b", Major: 7, Minor: 0}, {Path: "/srv/unbuffered", Type: "u", Major: 1, Minor: 3},
		{Path: "/dev/fifo", Type: "p"}, {Path: "/dev/null", Type: "c", Major: 1, Minor: 3, FileMode: &mode},
	}
	want(t, "devices", b.fields("stat -c '%F %t:%T %a %u:%g' /dev/net/mine /dev/disk /srv/unbuffered /dev/fifo /dev/null"),
		"character special file a:c8 640 7:8 block special file 7:0 666 0:0 character special file 1:3 666 0:0 fifo 0:0 666 0:0 character special file 1:3 640 0:0")
	b.spec.Linux.Devices = []specs.LinuxDevice{{Path: "/dev/x", Type: "q"}}
	b.refused("/dev/x", "q")
}

func TestDeviceOverAnotherFileIsAnError(t *testing.T) {
	b := newBox(t)
	check(t, os.WriteFile(b.path("etc/node"), nil, 0o644))
	b.spec.Linux.Devices = []specs.LinuxDevice{{Path: "/etc/node", Type: "c", Major: 1, Minor: 3}}
	b.refused("/etc/node", "another file")
	check(t, os.Remove(b.path("etc/node")))
	check(t, unix.Mknod(b.path("etc/node"), unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))))
	b.output("true")
}

func TestNetDeviceIsMoved(t *testing.T) {
	for name, names := range map[string][2]string{"gbx0": {"", "gbx0"}, "gbx2": {"inner0", "inner0"}, "gbx3": {"port%d", "port0"}} {
		t.Run(name+" to "+names[1], func(t *testing.T) {
			b := newBox(t)
			to, want := names[0], names[1]
			addLink(t, name, "192.0.2.7/24")
			b.spec.Linux.NetDevices = map[string]specs.LinuxNetDevice{name: {Name: to}}
			out := b.output("ip addr show dev " + want)
			if !strings.Contains(out, "192.0.2.7/24") || !strings.Contains(out, ",UP") {
				t.Errorf("inside:\n%s", out)
			}
			if _, err := netlink.LinkByName(name); err == nil {
				t.Error("the host still has it")
			}
		})
	}
}

func addLink(t *testing.T, name, cidr string) {
	t.Helper()
	check(t, netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: name}, PeerName: name + "peer"}))
	link, err := netlink.LinkByName(name)
	check(t, err)
	ip, network, err := net.ParseCIDR(cidr)
	check(t, err)
	network.IP = ip
	check(t, netlink.AddrAdd(link, &netlink.Addr{IPNet: network}))
}

func TestNetDeviceThatCanNotBeMoved(t *testing.T) {
	b := newBox(t)
	b.spec.Linux.NetDevices = map[string]specs.LinuxNetDevice{"nowhere0": {}}
	b.refused("nowhere0")
	addLink(t, "gbx1", "192.0.2.8/24")
	t.Cleanup(func() {
		link, err := netlink.LinkByName("gbx1")
		check(t, err)
		check(t, netlink.LinkDel(link))
	})
	b.spec.Linux.NetDevices = map[string]specs.LinuxNetDevice{"gbx1": {Name: "lo"}} // a name that is in use inside
	b.refused("gbx1")
	b.spec.Linux.Namespaces = without(b.spec.Linux.Namespaces, specs.NetworkNamespace)
	b.refused("netDevices", "network namespace")
}

func TestSysctls(t *testing.T) {
	b := newBox(t)
	b.spec.Linux.Sysctl = map[string]string{"net.ipv4.ip_forward": "1", "kernel.shmmni": "99", "fs.mqueue.msg_max": "11", "net/ipv4/conf/lo/forwarding": "1"}
	want(t, "parameters", b.fields("cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni /proc/sys/fs/mqueue/msg_max"), "1 99 11")
	for name, words := range map[string]string{"kernel.panic": "whole machine", "vm.swappiness": "whole machine", "kernel.hostname": "hostname"} {
		b.spec.Linux.Sysctl, b.spec.Hostname = map[string]string{name: "1"}, "box"
		b.refused(name, words)
	}
	for name, kind := range map[string]specs.LinuxNamespaceType{"net.ipv4.ip_forward": specs.NetworkNamespace, "kernel.sem": specs.IPCNamespace} {
		b := newBox(t)
		b.spec.Linux.Sysctl = map[string]string{name: "1"}
		b.spec.Linux.Namespaces = without(b.spec.Linux.Namespaces, kind)
		b.refused(name, string(kind))
		b.spec.Linux.Namespaces = append(b.spec.Linux.Namespaces, specs.LinuxNamespace{Type: kind,
			Path: "/proc/self/ns/" + map[bool]string{true: "net", false: "ipc"}[kind == specs.NetworkNamespace]})
		b.refused(name, "own") // the host's own by its path
	}
}

func TestNamesNeedTheirNamespace(t *testing.T) {
	b := newBox(t)
	b.spec.Hostname, b.spec.Domainname = "box", "example"
	want(t, "names", b.fields("hostname; cat /proc/sys/kernel/domainname"), "box example")
	b.spec.Linux.Namespaces = without(b.spec.Linux.Namespaces, specs.UTSNamespace)
	b.refused("hostname", "uts")
}

func TestNamespacesAreOfEachKindOnce(t *testing.T) {
	b := newBox(t)
	b.spec.Linux.Namespaces = append(b.spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.IPCNamespace})
	b.refused("ipc", "twice")
	b = newBox(t)
	b.spec.Linux.Namespaces = append(b.spec.Linux.Namespaces, specs.LinuxNamespace{Type: "planet"})
	b.refused("planet")
	b = newBox(t)
	b.spec.Linux.UIDMappings = []specs.LinuxIDMapping{{Size: 1}}
	b.refused("uidMappings", "user namespace")
	b = newBox(t)
	b.spec.Linux.Namespaces = append(b.spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.UserNamespace})
	b.refused("user namespace", "uidMappings")
}

func TestTimeOffsets(t *testing.T) {
	b := newBox(t)
	b.spec.Linux.Namespaces = append(b.spec.Linux.Namespaces, specs.LinuxNamespace{Type: specs.TimeNamespace})
	b.spec.Linux.TimeOffsets = map[string]specs.LinuxTimeOffset{"boottime": {Secs: 1000000000}, "monotonic": {Secs: 5}}
	up, _, err := b.run("cat /proc/uptime")
	if err != nil && strings.Contains(err.Error(), "needs Linux 6.3") {
		t.Skipf("SKIPPED: %v", err)
	}
	check(t, err)
	if len(strings.Split(up, ".")[0]) < 10 {
		t.Errorf("up since %s s", up)
	}
	c, _ := b.create("sleep 60")
	check(t, c.Start())
	if up, _ := b.visit(c, *b.spec.Process, "cat /proc/uptime"); len(strings.Split(up, ".")[0]) < 10 {
		t.Errorf("an exec is up since %s s", up)
	}
	check(t, c.Delete(true))
	b.spec.Linux.TimeOffsets["sundial"] = specs.LinuxTimeOffset{Secs: 5}
	b.refused("sundial")
}

func TestPersonality(t *testing.T) {
	b := newBox(t)
	usual := b.fields("uname -m")
	b.spec.Linux.Personality = &specs.LinuxPersonality{Domain: specs.PerLinux32}
	if got := b.fields("uname -m"); got == usual {
		t.Errorf("uname still says %s", got)
	}
	b.spec.Linux.Personality.Domain = "SOLARIS"
	b.refused("LINUX32")
	b.spec.Linux.Personality = &specs.LinuxPersonality{Domain: specs.PerLinux, Flags: []specs.LinuxPersonalityFlag{"ADDR_NO_RANDOMIZE"}}
	b.refused("ADDR_NO_RANDOMIZE")
}

func TestMemoryPolicy(t *testing.T) {
	b := newBox(t)
	b.spec.Linux.MemoryPolicy = &specs.LinuxMemoryPolicy{Mode: "MPOL_BIND", Nodes: "0"}
	if got := b.output("while read l; do echo $l; done < /proc/self/numa_maps"); !strings.Contains(got, "bind:0") {
		t.Errorf("numa_maps: %s", got)
	}
	b.spec.Linux.MemoryPolicy.Mode = "MPOL_BEST"
	b.refused("MPOL_BEST")
}

func TestIntelRdtIsRefused(t *testing.T) {
	b := newBox(t)
	b.spec.Linux.IntelRdt = &specs.LinuxIntelRdt{ClosID: "x"}
	b.refused("intelRdt")
}

func TestCgroupsPath(t *testing.T) {
	layout, err := look.HostLayout()
	check(t, err)
	dir := layout.Dir("pids", "/conformance")
	if dir == "" {
		t.Skip("SKIPPED: no pids controller")
	}
	t.Cleanup(func() {
		for _, tree := range layout.Trees() {
			os.Remove(tree.Dir("/conformance"))
		}
	})
	for _, path := range []string{"/conformance/absolute", "conformance/relative"} {
		b := newBox(t)
		b.spec.Linux.CgroupsPath = path
		b.spec.Linux.Resources = &specs.LinuxResources{Pids: &specs.LinuxPids{Limit: pointer(int64(33))}}
		c := b.start("sleep 100")
		group := filepath.Join(dir, filepath.Base(path))
		data, err := os.ReadFile(filepath.Join(group, "pids.max"))
		check(t, err)
		want(t, "limit", string(data), "33")
		check(t, c.Delete(true))
		if _, err := os.Stat(group); err == nil {
			t.Error("the group is still there")
		}
	}
	b := newBox(t)
	b.spec.Linux.CgroupsPath = "/../up"
	b.refused("cgroupsPath")
}
