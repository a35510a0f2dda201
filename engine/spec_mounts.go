// This file lists what is mounted inside a container, in order: the kernel's file systems, the three files of /etc that
// belong to a container rather than to its image, and what the user asked for.
package engine

import (
	"fmt"
	"path"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
)

const defaultShm = 64 << 20

func mountSpecs(r Request, p Place) []specs.Mount {
	all := slices.Concat(kernelMounts(r), etcMounts(p.Etc), userMounts(r))
	// What the user mounts at a place stands instead of what would be there; and parents come before children, so that
	// /data does not hide /data/cache.
	seen := map[string]bool{}
	kept := slices.Collect(func(yield func(specs.Mount) bool) {
		for _, m := range slices.Backward(all) {
			if target := path.Clean(m.Destination); !seen[target] {
				seen[target] = true
				if !yield(m) {
					return
				}
			}
		}
	})
	slices.Reverse(kept)
	return sortUserMounts(kept)
}

// sortUserMounts keeps the kernel's mounts in their order and puts the others by depth.
func sortUserMounts(all []specs.Mount) []specs.Mount {
	depth := func(m specs.Mount) int {
		if m.Type != "bind" && m.Type != "tmpfs" || strings.HasPrefix(m.Destination+"/", "/dev/") {
			return 0
		}
		return strings.Count(path.Clean(m.Destination), "/")
	}
	slices.SortStableFunc(all, func(a, b specs.Mount) int { return depth(a) - depth(b) })
	return all
}

// kernelMounts are Docker's. --privileged makes /sys and the cgroups writable.
func kernelMounts(r Request) []specs.Mount {
	shm := r.Limits.ShmSize
	if shm == 0 {
		shm = defaultShm
	}
	access := "ro"
	if r.Security.Privileged {
		access = "rw"
	}
	quiet := []string{"nosuid", "noexec", "nodev"}
	return []specs.Mount{
		{Destination: "/proc", Type: "proc", Source: "proc", Options: quiet},
		{Destination: "/dev", Type: "tmpfs", Source: "tmpfs", Options: []string{"nosuid", "strictatime", "mode=755", "size=65536k"}},
		{Destination: "/dev/pts", Type: "devpts", Source: "devpts",
			Options: []string{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}},
		{Destination: "/sys", Type: "sysfs", Source: "sysfs", Options: append(slices.Clone(quiet), access)},
		{Destination: "/sys/fs/cgroup", Type: "cgroup", Source: "cgroup", Options: append(slices.Clone(quiet), access)},
		{Destination: "/dev/mqueue", Type: "mqueue", Source: "mqueue", Options: quiet},
		{Destination: "/dev/shm", Type: "tmpfs", Source: "shm",
			Options: append(slices.Clone(quiet), "mode=1777", fmt.Sprintf("size=%d", shm))},
	}
}

func etcMounts(dir string) []specs.Mount {
	if dir == "" {
		return nil
	}
	var list []specs.Mount
	for _, name := range []string{"resolv.conf", "hostname", "hosts"} {
		list = append(list, specs.Mount{Destination: "/etc/" + name, Type: "bind", Source: path.Join(dir, name),
			Options: []string{"rbind", "rprivate"}})
	}
	return list
}

func userMounts(r Request) []specs.Mount {
	var list []specs.Mount
	for _, t := range r.Tmpfs {
		options := []string{"nosuid", "nodev", "noexec"}
		for _, o := range t.Options {
			// "exec" takes back "noexec", and so on.
			options = slices.DeleteFunc(options, func(d string) bool { return d == "no"+o || d == o })
			options = append(options, o)
		}
		list = append(list, specs.Mount{Destination: t.Target, Type: "tmpfs", Source: "tmpfs", Options: options})
	}
	for _, b := range r.Binds {
		list = append(list, specs.Mount{Destination: b.Target, Type: "bind", Source: b.Source, Options: bindOptions(b)})
	}
	return list
}

func bindOptions(b Bind) []string {
	options := []string{"rbind"}
	if b.Shallow {
		options = []string{"bind"}
	}
	if b.ReadOnly {
		options = append(options, "ro")
	}
	if b.Propagation == "" {
		return append(options, "rprivate")
	}
	return append(options, b.Propagation)
}
