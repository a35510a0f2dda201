// This file checks what contradicts itself in the parts for Linux.
package check

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func has(spec *specs.Spec, kind specs.LinuxNamespaceType) bool {
	for _, n := range spec.Linux.Namespaces {
		if n.Type == kind {
			return true
		}
	}
	return false
}

// makes tells whether a namespace of this kind is made, rather than joined or shared with the host.
func makes(spec *specs.Spec, kind specs.LinuxNamespaceType) bool {
	for _, n := range spec.Linux.Namespaces {
		if n.Type == kind {
			return n.Path == ""
		}
	}
	return false
}

func idMaps(spec *specs.Spec) error {
	l := spec.Linux
	mapped := len(l.UIDMappings) > 0 && len(l.GIDMappings) > 0
	switch {
	case makes(spec, specs.UserNamespace) && !mapped:
		return errors.New("linux: a new user namespace needs uidMappings and gidMappings")
	case !has(spec, specs.UserNamespace) && len(l.UIDMappings)+len(l.GIDMappings) > 0:
		return errors.New("linux: uidMappings and gidMappings need a user namespace: add it to linux.namespaces")
	}
	return nil
}

// names: without a namespace of its own the container would rename the host.
func names(spec *specs.Spec) error {
	if (spec.Hostname != "" || spec.Domainname != "") && !has(spec, specs.UTSNamespace) {
		return errors.New("hostname and domainname need a uts namespace: add it to linux.namespaces")
	}
	if p := spec.Linux.Personality; p != nil && len(p.Flags) > 0 {
		return fmt.Errorf("linux.personality: flags %q: the specification knows none: leave them out", p.Flags)
	}
	for clock := range spec.Linux.TimeOffsets {
		switch {
		case !makes(spec, specs.TimeNamespace):
			return errors.New("linux.timeOffsets need a new time namespace: add it to linux.namespaces")
		case clock != "boottime" && clock != "monotonic":
			return fmt.Errorf("linux.timeOffsets: unknown clock %q: use boottime or monotonic", clock)
		}
	}
	return nil
}

func devices(spec *specs.Spec) error {
	for _, d := range spec.Linux.Devices {
		switch {
		case !filepath.IsAbs(d.Path):
			return fmt.Errorf("linux.devices: path %q: use an absolute path", d.Path)
		case !strings.Contains("cubp", d.Type) || len(d.Type) != 1:
			return fmt.Errorf("linux.devices: %s: type %q: use c, u, b or p", d.Path, d.Type)
		}
	}
	return nil
}

// netDevices: moved into the runtime's own namespace a device would only be renamed.
func netDevices(spec *specs.Spec) error {
	if len(spec.Linux.NetDevices) > 0 && !has(spec, specs.NetworkNamespace) {
		return errors.New("linux.netDevices need a network namespace: add it to linux.namespaces")
	}
	return nil
}

func seccomp(spec *specs.Spec) error {
	s := spec.Linux.Seccomp
	if s == nil {
		return nil
	}
	if s.ListenerMetadata != "" && s.ListenerPath == "" {
		return errors.New("linux.seccomp: listenerMetadata needs a listenerPath")
	}
	for _, rule := range s.Syscalls {
		if len(rule.Names) == 0 {
			return fmt.Errorf("linux.seccomp: a rule with %s names no system call: give names, or remove it", rule.Action)
		}
		if rule.Action != specs.ActNotify {
			continue
		}
		if s.ListenerPath == "" {
			return fmt.Errorf("linux.seccomp: %s needs a listenerPath, where somebody decides", specs.ActNotify)
		}
		for _, name := range rule.Names {
			if name == "sendmsg" {
				return fmt.Errorf("linux.seccomp: %s can not be used for sendmsg: it is by sendmsg that the listener is sent", specs.ActNotify)
			}
		}
	}
	if s.DefaultAction == specs.ActNotify {
		return fmt.Errorf("linux.seccomp: %s can not be the defaultAction: it would hold up the call that sends the listener", specs.ActNotify)
	}
	return nil
}

func paths(spec *specs.Spec) error {
	for _, p := range append(append([]string{}, spec.Linux.MaskedPaths...), spec.Linux.ReadonlyPaths...) {
		if !filepath.IsAbs(p) {
			return fmt.Errorf("linux.maskedPaths, readonlyPaths: %q: use an absolute path", p)
		}
	}
	switch spec.Linux.RootfsPropagation {
	case "", "shared", "slave", "private", "unbindable", "rshared", "rslave", "rprivate", "runbindable":
	default:
		return fmt.Errorf("linux.rootfsPropagation %q: use shared, slave, private or unbindable", spec.Linux.RootfsPropagation)
	}
	for _, part := range strings.Split(spec.Linux.CgroupsPath, "/") {
		if part == ".." {
			return fmt.Errorf("linux.cgroupsPath %q: it may not leave the tree by \"..\"", spec.Linux.CgroupsPath)
		}
	}
	return nil
}
