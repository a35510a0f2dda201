// This file holds the checks of doctor. A check looks, or tries the thing itself in a place that nobody else sees; it never
// concludes from a version number alone.
package command

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

type check struct {
	name string
	look func() finding
}

// checks are for an engine whose files lie below root.
func checks(root string) []check {
	return []check{
		{"root", checkRoot},
		{"kernel", checkKernel},
		{"config", func() finding { return checkConfig(configFiles()) }},
		{"modules", checkModules},
		{"namespaces", checkNamespaces},
		{"user namespaces", checkUserNamespaces},
		{"cgroups", checkCgroups},
		{"controllers", checkControllers},
		{"pressure", checkPressure},
		{"overlay", checkOverlay},
		{"overlay options", checkOverlayOptions},
		{"pivot_root", checkRootFS},
		{"seccomp", checkSeccomp},
		{"bridge", func() finding { return checkLink("bridge", addBridge) }},
		{"veth", func() finding { return checkLink("veth", addVeth) }},
		{"macvlan", func() finding { return checkLink("macvlan", addShare("macvlan", "bridge")) }},
		{"ipvlan", func() finding { return checkLink("ipvlan", addShare("ipvlan", "l2")) }},
		{"vxlan", func() finding { return checkLink("vxlan", addVXLAN) }},
		{"nftables", checkNftables},
		{"other firewalls", checkFirewalls},
		{"bridge filter", checkBridgeFilter},
		{"ip_forward", checkForwarding},
		{"IPVS", checkIPVS},
		{"CRIU", checkCRIU},
		{"disk", func() finding { return checkDisk(root) }},
	}
}

func checkRoot() finding {
	if os.Geteuid() == 0 {
		return finding{State: fine, Found: "root"}
	}
	return finding{State: missing, Found: fmt.Sprintf("user %d", os.Geteuid()), Remedy: "sudo glassbox …"}
}

// checkKernel tries openat2, of Linux 5.6, which all mounts inside a container go through.
func checkKernel() finding {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return finding{State: missing, Found: err.Error(), Remedy: "install a kernel of 5.6 or later"}
	}
	release := "Linux " + unix.ByteSliceToString(u.Release[:])
	fd, err := unix.Openat2(unix.AT_FDCWD, "/", &unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT})
	if err != nil {
		return finding{State: missing, Found: release + ", openat2: " + err.Error(), Remedy: "install a kernel of 5.6 or later"}
	}
	if err := unix.Close(fd); err != nil {
		return finding{State: degraded, Found: release + ", close: " + err.Error()}
	}
	return finding{State: fine, Found: release}
}

func checkNamespaces() finding {
	var have, lack []string
	for _, kind := range []string{"mnt", "pid", "net", "uts", "ipc", "user", "cgroup", "time"} {
		if _, err := os.Stat("/proc/self/ns/" + kind); err != nil {
			lack = append(lack, kind)
			continue
		}
		have = append(have, kind)
	}
	if len(lack) == 0 {
		return finding{State: fine, Found: strings.Join(have, " ")}
	}
	state := degraded
	if !slices.Equal(lack, []string{"time"}) {
		state = missing
	}
	return finding{State: state, Found: "not here: " + strings.Join(lack, " "), Remedy: "install a kernel that is built with them"}
}

func checkUserNamespaces() finding {
	for _, s := range []struct{ file, off, mend string }{
		{"/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=15000"},
		{"/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"},
	} {
		if text, err := os.ReadFile(s.file); err == nil && strings.TrimSpace(string(text)) == s.off {
			return finding{State: degraded, Found: s.file + " is " + s.off, Lost: "containers of ordinary users", Remedy: s.mend}
		}
	}
	return finding{State: fine, Found: "allowed"}
}

func checkCgroups() finding {
	layout, err := look.HostLayout()
	switch {
	case err != nil:
		return finding{State: missing, Found: err.Error(), Remedy: "mount -t proc proc /proc"}
	case layout.Mode == look.ModeNone:
		return finding{State: missing, Found: "none are mounted", Remedy: "mount -t cgroup2 cgroup2 /sys/fs/cgroup"}
	case layout.Mode == look.ModeV2:
		return finding{State: fine, Found: "version 2 at " + layout.V2.Point}
	}
	return finding{State: degraded, Found: layout.Mode + ": it works, and newer kernels and tools expect version 2",
		Lost:   "memory.high, pressure by container, limits by v2's names",
		Remedy: "boot with systemd.unified_cgroup_hierarchy=1"}
}

func checkControllers() finding {
	layout, err := look.HostLayout()
	if err != nil {
		return finding{State: missing, Found: err.Error(), Remedy: "mount -t proc proc /proc"}
	}
	var have, lack []string
	for _, name := range []string{"cpu", "cpuset", "memory", "pids", "io", "devices", "freezer"} {
		if layout.Has(name) {
			have = append(have, name)
		} else {
			lack = append(lack, name)
		}
	}
	if len(lack) > 0 {
		return finding{State: degraded, Found: "not here: " + strings.Join(lack, " "), Lost: "limits by them",
			Remedy: "boot without cgroup_disable=, or run where they are delegated"}
	}
	return finding{State: fine, Found: strings.Join(have, " ")}
}

// checkOverlay asks for the file system, as mount does: then the kernel loads its module if it has one. Nothing is mounted.
func checkOverlay() finding {
	if os.Geteuid() != 0 {
		return notTried()
	}
	fd, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return finding{State: missing, Found: "fsopen: " + err.Error(), Remedy: remedyOf("overlay")}
	}
	if err := unix.Close(fd); err != nil {
		return finding{State: degraded, Found: "close: " + err.Error()}
	}
	return finding{State: fine, Found: "this kernel has it"}
}

// checkRootFS: pivot_root refuses to leave the file system that the kernel starts with, which is mounted on nothing but itself.
func checkRootFS() finding {
	m, err := look.MountAt(os.Getpid(), "/")
	if err != nil { // the root of a chroot is a directory like any other
		return finding{State: missing, Found: err.Error(), Lost: "pivot_root", Remedy: "leave the chroot, or before it: mount --bind DIR DIR"}
	}
	if m.FSType == "rootfs" && m.ID == m.Parent {
		return finding{State: degraded, Found: "the root is an initramfs", Lost: "pivot_root", Remedy: "glassbox-oci run --no-pivot, or boot from a disk"}
	}
	return finding{State: fine, Found: "the root is " + m.FSType}
}

func checkSeccomp() finding {
	actions, err := os.ReadFile("/proc/sys/kernel/seccomp/actions_avail")
	if err != nil {
		return finding{State: degraded, Found: "this kernel filters no system calls", Lost: "the seccomp profile", Remedy: "run with --security-opt seccomp=unconfined"}
	}
	return finding{State: fine, Found: strings.TrimSpace(string(actions))}
}

// notTried is for what only root may try.
func notTried() finding {
	return finding{State: degraded, Found: "not tried: that needs root", Lost: "this check", Remedy: "sudo glassbox doctor"}
}

func checkForwarding() finding {
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_forward")
	if err != nil {
		return finding{State: missing, Found: err.Error(), Remedy: "mount -t proc proc /proc"}
	}
	if strings.TrimSpace(string(text)) == "1" {
		return finding{State: fine, Found: "on"}
	}
	return finding{State: fine, Found: "off; the first container on a bridge switches it on"}
}
