// This file prints what this runtime can do, for engines to ask before they try. It speaks of the program, never of the kernel
// that it happens to run on. OCI features.md.
package main

import (
	"github.com/opencontainers/runtime-spec/specs-go"
	"github.com/opencontainers/runtime-spec/specs-go/features"

	"glassbox/kernel"
	"glassbox/runtime/plan"
	"glassbox/runtime/seccomp"
)

func printFeatures(_ global, args []string) (int, error) {
	if err := parseNone(newFlags("features", ""), args); err != nil {
		return 1, err
	}
	yes, no := true, false
	return 0, printJSON(features.Features{
		OCIVersionMin: "1.0.0",
		OCIVersionMax: specs.Version,
		Hooks:         []string{"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"},
		MountOptions:  plan.MountOptions(),
		Linux: &features.Linux{
			Namespaces:      namespaceNames(),
			Capabilities:    kernel.CapabilityNames(kernel.AllCapabilities),
			Cgroup:          &features.Cgroup{V1: &yes, V2: &yes, Systemd: &yes, SystemdUser: &no, Rdma: &yes},
			Seccomp:         seccompFeatures(),
			Apparmor:        &features.Apparmor{Enabled: &yes},
			Selinux:         &features.Selinux{Enabled: &no},
			IntelRdt:        &features.IntelRdt{Enabled: &no},
			MemoryPolicy:    memoryPolicies(),
			MountExtensions: &features.MountExtensions{IDMap: &features.IDMap{Enabled: &yes}},
			NetDevices:      &features.NetDevices{Enabled: &yes},
		},
		Annotations: map[string]string{"glassbox.version": programVersion},
	})
}

func namespaceNames() []string {
	kinds := []specs.LinuxNamespaceType{specs.CgroupNamespace, specs.IPCNamespace, specs.MountNamespace, specs.NetworkNamespace,
		specs.PIDNamespace, specs.TimeNamespace, specs.UserNamespace, specs.UTSNamespace}
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = string(k)
	}
	return names
}

func memoryPolicies() *features.MemoryPolicy {
	modes, flags := kernel.MemoryPolicies()
	return &features.MemoryPolicy{Modes: modes, Flags: flags}
}

func seccompFeatures() *features.Seccomp {
	yes := true
	s := &features.Seccomp{Enabled: &yes}
	for _, a := range []specs.LinuxSeccompAction{specs.ActAllow, specs.ActErrno, specs.ActKill, specs.ActKillProcess,
		specs.ActKillThread, specs.ActLog, specs.ActNotify, specs.ActTrace, specs.ActTrap} {
		s.Actions = append(s.Actions, string(a))
	}
	for _, o := range []specs.LinuxSeccompOperator{specs.OpEqualTo, specs.OpGreaterEqual, specs.OpGreaterThan, specs.OpLessEqual,
		specs.OpLessThan, specs.OpMaskedEqual, specs.OpNotEqual} {
		s.Operators = append(s.Operators, string(o))
	}
	for _, a := range seccomp.Architectures() {
		s.Archs = append(s.Archs, string(a))
	}
	for _, f := range []specs.LinuxSeccompFlag{"SECCOMP_FILTER_FLAG_TSYNC", specs.LinuxSeccompFlagLog, specs.LinuxSeccompFlagSpecAllow,
		specs.LinuxSeccompFlagWaitKillableRecv} {
		s.KnownFlags = append(s.KnownFlags, string(f))
	}
	s.SupportedFlags = s.KnownFlags
	return s
}
