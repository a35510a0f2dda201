// This file says what a process may do that it should not: capabilities, devices, system calls, users.
package xray

import (
	"fmt"
	"slices"
	"strings"
)

// heavy are the capabilities with which the machine can be taken or disturbed, the worst first, and what each allows.
func heavy() [][2]string {
	return [][2]string{
		{"CAP_SYS_ADMIN", "mount, and much else"},
		{"CAP_SYS_MODULE", "load kernel modules"},
		{"CAP_SYS_RAWIO", "write to memory and ports"},
		{"CAP_DAC_READ_SEARCH", "open any file of a mounted disk by its number"},
		{"CAP_SYS_PTRACE", "look into processes"},
		{"CAP_BPF", "load programs into the kernel"},
		{"CAP_NET_ADMIN", "change devices, routes, firewall of its network"},
		{"CAP_SYS_BOOT", "reboot"},
		{"CAP_SYS_TIME", "set the clock"},
		{"CAP_PERFMON", "watch the whole machine"},
		{"CAP_SYSLOG", "read the kernel's log"},
		{"CAP_MAC_ADMIN", "change security labels"},
		{"CAP_SYS_RESOURCE", "go over limits"},
		{"CAP_SYS_NICE", "take processor time from others"},
	}
}

// mapped tells that capabilities count in a user namespace of its own alone. The map says it to who may not see the namespace.
func (r *Report) mapped() bool {
	if whose := r.namespace("user").Whose; whose != "" {
		return whose == Own
	}
	m := r.Process.UIDMap
	return len(m) != 1 || m[0].Size != 1<<32-1
}

func sayCapabilities(r Report) string {
	set, extra := r.Process.Capabilities.Effective, r.Capabilities.Extra
	switch {
	case r.mapped() || len(extra) == 0:
		return ""
	case len(set.Missing) == 0:
		return fmt.Sprintf("It has all %d capabilities: it may mount, load modules, open every device, reboot.", len(set.Names))
	}
	return "It has capabilities beyond an engine's usual ones: " + explained(extra, 4) + "."
}

// explained says what the worst of some capabilities allow, and how many others there are.
func explained(names []string, most int) string {
	var words []string
	for _, h := range heavy() {
		if slices.Contains(names, h[0]) && len(words) < most {
			words = append(words, fmt.Sprintf("%s (%s)", h[0], h[1]))
		}
	}
	switch rest := len(names) - len(words); {
	case len(words) == 0:
		return strings.Join(names, ", ")
	case rest > 0:
		words = append(words, fmt.Sprintf("and %d more", rest))
	}
	return strings.Join(words, ", ")
}

func sayDevices(r Report) string {
	if r.mapped() || !r.Cgroups.everyDevice() || !slices.Contains(r.Process.Capabilities.Effective.Names, "CAP_MKNOD") {
		return ""
	}
	return "No rule keeps it from devices, and it may make their files: the host's disks are open to it."
}

func sayUsers(r Report) string {
	switch uid := r.Process.UID.Effective; {
	case r.mapped():
		return ""
	case uid == 0:
		return "Its root is the host's root: there is no user namespace between them."
	default:
		return fmt.Sprintf("Its user %d is the host's user %d: there is no user namespace between them.", uid, uid)
	}
}

func saySeccomp(r Report) string {
	if r.Process.Seccomp != "disabled" {
		return ""
	}
	return "No seccomp filter: it may make every system call that its capabilities allow."
}

func sayNewPrivileges(r Report) string {
	if r.Process.NoNewPrivs {
		return ""
	}
	return "A set-uid program in it gains rights: no_new_privs is not set."
}

func sayLabel(r Report) string {
	if r.Label != "" && !strings.HasPrefix(r.Label, "unconfined") {
		return ""
	}
	return "No AppArmor or SELinux profile confines it."
}
