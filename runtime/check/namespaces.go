// This file checks the namespaces: each kind once, and a path leads to one of the right kind. man 2 ioctl_nsfs.
package check

import (
	"fmt"
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// fileNames are the names in /proc/PID/ns, kinds what the kernel answers to NS_GET_NSTYPE.
var (
	fileNames = map[specs.LinuxNamespaceType]string{specs.PIDNamespace: "pid", specs.NetworkNamespace: "net", specs.MountNamespace: "mnt",
		specs.IPCNamespace: "ipc", specs.UTSNamespace: "uts", specs.UserNamespace: "user", specs.CgroupNamespace: "cgroup", specs.TimeNamespace: "time"}
	kinds = map[int]specs.LinuxNamespaceType{unix.CLONE_NEWPID: specs.PIDNamespace, unix.CLONE_NEWNET: specs.NetworkNamespace,
		unix.CLONE_NEWNS: specs.MountNamespace, unix.CLONE_NEWIPC: specs.IPCNamespace, unix.CLONE_NEWUTS: specs.UTSNamespace,
		unix.CLONE_NEWUSER: specs.UserNamespace, unix.CLONE_NEWCGROUP: specs.CgroupNamespace, unix.CLONE_NEWTIME: specs.TimeNamespace}
)

func namespaces(spec *specs.Spec) error {
	for i, n := range spec.Linux.Namespaces {
		if _, known := fileNames[n.Type]; !known {
			return fmt.Errorf("linux.namespaces: unknown type %q", n.Type)
		}
		for _, other := range spec.Linux.Namespaces[:i] {
			if other.Type == n.Type {
				return fmt.Errorf("linux.namespaces: %s is there twice", n.Type)
			}
		}
		if n.Path != "" && !filepath.IsAbs(n.Path) {
			return fmt.Errorf("linux.namespaces: %s: path %q: use an absolute path", n.Type, n.Path)
		}
	}
	return nil
}

func isOfKind(n specs.LinuxNamespace) error {
	fd, err := unix.Open(n.Path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return fmt.Errorf("open %s: %w", n.Path, err)
	}
	defer unix.Close(fd)
	flag, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE)
	if err != nil {
		return fmt.Errorf("%s is no namespace", n.Path)
	}
	if kinds[flag] != n.Type {
		return fmt.Errorf("%s is a namespace of another type: %s", n.Path, kinds[flag])
	}
	return nil
}
