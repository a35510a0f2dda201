// This file refuses kernel parameters that would change more than the container. A parameter belongs to a namespace or to the
// machine; only the names tell, so they are listed. man 7 ipc_namespaces, uts_namespaces; the kernel's sysctl documentation.
package check

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
)

// ofIPC are the parameters of an IPC namespace besides those below fs.mqueue.
var ofIPC = []string{"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax",
	"kernel.shmmni", "kernel.shm_rmid_forced"}

func sysctls(spec *specs.Spec) error {
	for name := range spec.Linux.Sysctl {
		kind := namespaceOf(dotted(name))
		switch {
		case slices.Contains(strings.Split(name, "/"), ".."):
			return fmt.Errorf("linux.sysctl %q: it may not leave its directory by \"..\"", name)
		case dotted(name) == "kernel.hostname" && spec.Hostname != "":
			return fmt.Errorf("linux.sysctl %q contradicts hostname: leave one out", name)
		case kind == "":
			return fmt.Errorf("linux.sysctl %q belongs to the whole machine, not to a namespace: set it on the host", name)
		case !separate(spec, kind):
			return fmt.Errorf("linux.sysctl %q needs a %s namespace of the container's own: it would change the host's", name, kind)
		}
	}
	return nil
}

// dotted turns net/ipv4/conf/eth0.1/forwarding into the form with dots, good enough to recognise it by.
func dotted(name string) string { return strings.ReplaceAll(name, "/", ".") }

func namespaceOf(name string) specs.LinuxNamespaceType {
	switch {
	case slices.Contains(ofIPC, name) || strings.HasPrefix(name, "fs.mqueue."):
		return specs.IPCNamespace
	case strings.HasPrefix(name, "net."):
		return specs.NetworkNamespace
	case name == "kernel.domainname" || name == "kernel.hostname":
		return specs.UTSNamespace
	case strings.HasPrefix(name, "user."):
		return specs.UserNamespace
	}
	return ""
}

// separate tells whether the container has a namespace of this kind that is not the runtime's own, by whatever path.
func separate(spec *specs.Spec, kind specs.LinuxNamespaceType) bool {
	for _, n := range spec.Linux.Namespaces {
		if n.Type != kind {
			continue
		}
		theirs, err := os.Stat(n.Path)
		if n.Path == "" || err != nil {
			return true // that a path leads nowhere is said elsewhere
		}
		ours, err := os.Stat("/proc/self/ns/" + fileNames[kind])
		return err != nil || !os.SameFile(theirs, ours)
	}
	return false
}
