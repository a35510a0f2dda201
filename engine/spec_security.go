// This file holds the defaults that keep a container in: capabilities, masked paths, the seccomp filter.
package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/moby/profiles/seccomp"
	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/kernel"
)

// Confinement is what the --security-opt flags ask for.
type Confinement struct {
	NoNewPrivileges bool
	Seccomp         string // empty: the default profile; "unconfined"; else the text of a profile
	AppArmor        string // a profile that the host has loaded
	OpenPaths       bool   // nothing of /proc and /sys is masked
}

// SecurityOptions reads the values of --security-opt; who calls has put a profile's text in place of its file's name.
func SecurityOptions(options []string) (Confinement, error) {
	var c Confinement
	for _, o := range options {
		name, value, _ := strings.Cut(strings.Replace(o, "no-new-privileges:", "no-new-privileges=", 1), "=")
		switch {
		case name == "no-new-privileges" && slices.Contains([]string{"", "true", "false"}, value):
			c.NoNewPrivileges = value != "false"
		case name == "seccomp" && value != "":
			c.Seccomp = value
		case name == "apparmor" && value == "unconfined", name == "label" && value == "disable":
			// It is so already: neither module is used.
		case name == "apparmor" && value != "":
			c.AppArmor = value
		case name == "systempaths" && value == "unconfined":
			c.OpenPaths = true
		case name == "label":
			return c, fmt.Errorf("--security-opt %q: SELinux labels are not set here: leave it out, or say label=disable", o)
		default:
			return c, fmt.Errorf("--security-opt %q: not known here; there is no-new-privileges, seccomp=unconfined, seccomp=FILE, "+
				"apparmor=PROFILE and systempaths=unconfined", o)
		}
	}
	return c, nil
}

// Confine adds the seccomp filter to a spec. It is apart from Spec as the default profile asks the kernel for its version,
// and so that an unprivileged plan can be read without its 350 system calls.
func Confine(s *specs.Spec, sec Security) error {
	options, err := SecurityOptions(sec.Options)
	if err != nil {
		return err
	}
	switch {
	case options.Seccomp == "unconfined", options.Seccomp == "" && sec.Privileged:
		return nil
	case options.Seccomp == "":
		s.Linux.Seccomp, err = seccomp.GetDefaultProfile(s)
	default:
		s.Linux.Seccomp, err = seccomp.LoadProfile(options.Seccomp, s)
	}
	if err != nil {
		return fmt.Errorf("--security-opt seccomp: read the profile: %w", err)
	}
	return nil
}

// defaultCapabilities is Docker's set: what programs that expect to be root need, and the host can bear.
func defaultCapabilities() []string {
	return []string{
		"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FSETID", "CAP_FOWNER", "CAP_MKNOD", "CAP_NET_RAW", "CAP_SETGID",
		"CAP_SETUID", "CAP_SETFCAP", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT", "CAP_KILL", "CAP_AUDIT_WRITE",
	}
}

// knownCapabilities lists what Linux 5.9 and later know, by number.
func knownCapabilities() []string { return kernel.CapabilityNames(kernel.AllCapabilities) }

// hostCapabilities are what this process can pass on: its bounding set. Inside a virtual machine or a container that can be
// less than what the kernel knows.
func hostCapabilities() []string {
	return kernel.CapabilityNames(kernel.BoundingSet() & kernel.AllCapabilities)
}

// maskedPaths are covered: they tell about the machine, or let it be changed.
func maskedPaths() []string {
	return []string{
		"/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug",
		"/proc/scsi", "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
	}
}

func readonlyPaths() []string {
	return []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"}
}
