// This file lists what is mounted inside a container, in order: the kernel's file systems, the three files of /etc that
// belong to a container rather than to its image, and what the user asked for.
package engine

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/storage/volume"
)

const (
	defaultShm = 64 << 20
	shmFlags   = unix.MS_NOSUID | unix.MS_NOEXEC | unix.MS_NODEV
)

func mountSpecs(r Request, p Place) []specs.Mount {
	all := slices.Concat(kernelMounts(r), shmMounts(r, p), etcMounts(p.Etc), userMounts(r, p))
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
	}
}

// shmMounts are /dev/shm: the container's own, what it shares with others, or none.
func shmMounts(r Request, p Place) []specs.Mount {
	quiet := []string{"nosuid", "noexec", "nodev"}
	switch {
	case r.Namespaces.IPC == ipcNone:
		return nil
	case p.Joins.Shm != "":
		return []specs.Mount{{Destination: "/dev/shm", Type: "bind", Source: p.Joins.Shm, Options: append(quiet, "bind", "rprivate")}}
	}
	return []specs.Mount{{Destination: "/dev/shm", Type: "tmpfs", Source: "shm",
		Options: append(quiet, "mode=1777", fmt.Sprintf("size=%d", shmSize(r.Limits)))}}
}

func shmSize(l Limits) int64 { return orElse(l.ShmSize, defaultShm) }

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

func userMounts(r Request, p Place) []specs.Mount {
	var list []specs.Mount
	for i, m := range r.Mounts {
		if m.Type == MountTmpfs {
			list = append(list, specs.Mount{Destination: m.Target, Type: "tmpfs", Source: "tmpfs", Options: tmpfsOptions(m)})
			continue
		}
		bind := specs.Mount{Destination: m.Target, Type: "bind", Source: mountSource(m, i, p), Options: bindOptions(m)}
		if ids := r.Namespaces.IDs; ids != nil && m.Type == MountVolume { // a volume has the owners that the container gives it
			bind.Options = append(bind.Options, "idmap")
			bind.UIDMappings, bind.GIDMappings = ids.specs()
		}
		list = append(list, bind)
	}
	return list
}

// mountSource is the path of the host that is bound.
func mountSource(m Mount, number int, p Place) string {
	switch {
	case m.Type == MountBind:
		return m.Source
	case m.Type == MountVolume && m.Subpath == "":
		return volume.Store{Dir: p.Volumes}.Data(m.Source)
	}
	return partOf(p.Parts, number)
}

// partOf is where an image, or a part of a volume, is mounted on the host before it is shown inside.
func partOf(parts string, number int) string { return path.Join(parts, "mount-"+strconv.Itoa(number)) }

// tmpfsOptions: "exec" takes back "noexec", and so on.
func tmpfsOptions(m Mount) []string {
	options := []string{"nosuid", "nodev", "noexec"}
	for _, o := range m.Options {
		options = slices.DeleteFunc(options, func(d string) bool { return d == "no"+o || d == o })
		options = append(options, o)
	}
	if m.ReadOnly {
		options = append(options, "ro")
	}
	return options
}

// bindOptions make what is below read-only, too: with ro alone, a second mount below the first could be written (Docker 25).
func bindOptions(m Mount) []string {
	options := []string{"rbind"}
	if m.Bind.Shallow {
		options = []string{"bind"}
	}
	switch {
	case m.ReadOnly && (m.Bind.FlatReadOnly || m.Bind.Shallow):
		options = append(options, "ro")
	case m.ReadOnly:
		options = append(options, "rro")
	}
	if m.Bind.Propagation == "" {
		return append(options, "rprivate")
	}
	return append(options, m.Bind.Propagation)
}
