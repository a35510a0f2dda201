// This file reads what the kernel was built with, where it says so. An option that is off is told, but what works is found out by
// trying: the other checks do that.
package command

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// configOptions are those that containers need, with what is lost without; the first word of a line is the option.
const configOptions = `NAMESPACES containers
UTS_NS hostnames
IPC_NS shared memory of their own
USER_NS rootless containers
PID_NS process numbers of their own
NET_NS networks of their own
TIME_NS clocks of their own
CGROUPS limits
MEMCG memory limits
CGROUP_SCHED cpu weights
CFS_BANDWIDTH --cpus
CPUSETS --cpuset-cpus
CGROUP_PIDS --pids-limit
CGROUP_FREEZER pause (v1)
CGROUP_DEVICE device rules (v1)
CGROUP_BPF device rules (v2)
BLK_CGROUP disk limits
CGROUP_HUGETLB huge page limits
PSI look pressure
OVERLAY_FS images
SECCOMP_FILTER seccomp profiles
KEYS keyrings of their own
POSIX_MQUEUE /dev/mqueue
BRIDGE bridge networks
VETH bridge networks
NF_TABLES the firewall
NFT_NAT published ports
NFT_MASQ the way out
NF_CONNTRACK the way back in
MACVLAN macvlan networks
IPVLAN ipvlan networks
VXLAN overlay networks
CHECKPOINT_RESTORE checkpoints`

// configFiles are where a kernel's configuration may lie.
func configFiles() []string {
	var u unix.Utsname
	if unix.Uname(&u) != nil {
		return []string{"/proc/config.gz"}
	}
	release := unix.ByteSliceToString(u.Release[:])
	return []string{"/proc/config.gz", "/boot/config-" + release, "/lib/modules/" + release + "/config"}
}

func checkConfig(files []string) finding {
	text, file, err := readConfig(files)
	if err != nil {
		return finding{State: degraded, Found: err.Error(), Lost: "nothing but this check", Remedy: "modprobe configs"}
	}
	var off, lost []string
	for line := range strings.Lines(configOptions) {
		option, without, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !bytes.Contains(text, []byte("\nCONFIG_"+option+"=")) {
			off, lost = append(off, option), append(lost, without)
		}
	}
	if len(off) == 0 {
		return finding{State: fine, Found: file}
	}
	return finding{State: degraded, Found: file + ", off: " + strings.Join(off, " "), Lost: strings.Join(lost, ", "),
		Remedy: "install a kernel that is built with them"}
}

func readConfig(files []string) (text []byte, from string, err error) {
	for _, file := range files {
		data, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil && strings.HasSuffix(file, ".gz") {
			data, err = unzipped(data)
		}
		if err != nil {
			return nil, "", err
		}
		return append([]byte("\n"), data...), file, nil
	}
	return nil, "", fmt.Errorf("none of %s is there", strings.Join(files, ", "))
}

func unzipped(data []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// checkModules: what is not built into the kernel is loaded when it is first asked for, if it is there.
func checkModules() finding {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return finding{State: degraded, Found: err.Error()}
	}
	release := unix.ByteSliceToString(u.Release[:])
	if _, err := os.Stat("/proc/modules"); err != nil {
		return finding{State: fine, Found: "this kernel loads none: everything is built in, or not there"}
	}
	for _, dir := range []string{"/lib/modules/", "/usr/lib/modules/"} {
		if _, err := os.Stat(dir + release + "/modules.dep"); err == nil {
			return finding{State: fine, Found: dir + release}
		}
	}
	return finding{State: degraded, Found: "no modules for " + release + " (a kernel was removed or updated since the start?)",
		Lost: "what is not built in or loaded already", Remedy: "reboot, or install the kernel's package again"}
}

// remedyOf is for what modules would bring, on a kernel that loads some. modprobe names the one that is not there.
func remedyOf(modules ...string) string {
	if _, err := os.Stat("/proc/modules"); err != nil {
		return "install a kernel that has " + strings.Join(modules, ", ") + ": this one loads no modules"
	}
	if len(modules) == 1 {
		return "modprobe " + modules[0]
	}
	return "modprobe -a " + strings.Join(modules, " ")
}
