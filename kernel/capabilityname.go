// This file names capabilities. Sets of them are masks: bit 0 is CAP_CHOWN.
package kernel

import (
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// capabilityNames are in the order of their numbers, linux/capability.h.
var capabilityNames = [...]string{
	"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID",
	"CAP_KILL", "CAP_SETGID", "CAP_SETUID", "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE",
	"CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
	"CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE",
	"CAP_SYS_PACCT", "CAP_SYS_ADMIN", "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE",
	"CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE", "CAP_AUDIT_WRITE",
	"CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
	"CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE",
}

// AllCapabilities is the mask of those that have a name here.
const AllCapabilities = 1<<len(capabilityNames) - 1

// BoundingSet is the mask of what this process could ever have. man 2 prctl, PR_CAPBSET_READ.
func BoundingSet() uint64 {
	var mask uint64
	for bit := range 64 {
		has, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(bit), 0, 0, 0)
		if err != nil { // the kernel knows no more
			break
		}
		mask |= uint64(has) << bit
	}
	return mask
}

// CapabilityMask turns names into a mask, and returns those that are no names: a newer kernel's, or misspelt.
func CapabilityMask(names []string) (mask uint64, unknown []string) {
	for _, name := range names {
		bit := slices.Index(capabilityNames[:], name)
		if bit < 0 {
			unknown = append(unknown, name)
			continue
		}
		mask |= 1 << bit
	}
	return mask, unknown
}

// CapabilityNames lists the capabilities of a mask.
func CapabilityNames(mask uint64) []string {
	var names []string
	for bit := range 64 {
		if mask>>bit&1 == 1 {
			names = append(names, capabilityName(bit))
		}
	}
	return names
}

// capabilityName is "CAP_CHOWN", or "CAP_63" for one that we do not know.
func capabilityName(bit int) string {
	if bit < len(capabilityNames) {
		return capabilityNames[bit]
	}
	return "CAP_" + strconv.Itoa(bit)
}
