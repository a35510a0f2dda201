// This file reads what files a process sees: its root and layers, what is masked, what of the host is mounted in it.
package xray

import (
	"os"
	"path"
	"slices"
	"strings"

	"glassbox/kernel/look"
)

// Files are what a process sees of disks.
type Files struct {
	Root     look.Mount   `json:"root"`
	Layers   *look.Layers `json:"layers,omitempty"` // nil: the root is no overlay
	Masked   []string     `json:"masked"`           // covered by /dev/null or an empty directory
	ReadOnly []string     `json:"read_only"`        // parts of /proc and /sys
	Open     []string     `json:"open"`             // parts of /proc and /sys that engines mask or make read-only, and here are not
	Shared   []string     `json:"shared"`           // mounts made below these are seen outside: shared:N
	Follows  []string     `json:"follows"`          // mounts made outside are seen below these: master:N
	Host     []HostDir    `json:"host"`             // of the host's files
	Cgroups  []string     `json:"cgroups"`          // cgroup trees that can be written
}

// HostDir is a file or directory of the host that the process sees.
type HostDir struct {
	Outside  string `json:"outside"` // its path on the host
	Inside   string `json:"inside"`
	Writable bool   `json:"writable"`
}

// secrets are what engines mask, or leave read-only, of files that the kernel has for the whole machine.
func secrets() (masked, readOnly []string) {
	return []string{
		"/proc/acpi", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
		"/proc/timer_list", "/sys/firmware",
	}, []string{"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", "/sys"}
}

// readFiles fills in Files from the mounts of the process, beside those of process 1 and of who looks.
func (r *Report) readFiles(mounts []look.Mount) error {
	f := &r.Files
	var found bool
	if f.Root, found = look.Covering(mounts, "/"); !found {
		return nil
	}
	if layers, is := look.Overlay(f.Root); is {
		f.Layers = &layers
	}
	f.findOpen(mounts)
	mounts = met(mounts)
	for _, m := range mounts {
		f.sort(m)
	}
	if !r.owns("mnt") {
		return nil
	}
	reader, err := look.Mounts(os.Getpid())
	if err != nil {
		return err
	}
	host, err := look.Mounts(1)
	f.Host = hostDirs(append(host, reader...), mounts)
	return err
}

// met leaves out the mounts that are hidden below later ones: nobody reaches them by any path.
func met(mounts []look.Mount) []look.Mount {
	return slices.DeleteFunc(slices.Clone(mounts), func(m look.Mount) bool {
		at, ok := look.Covering(mounts, m.Point)
		return ok && at.ID != m.ID
	})
}

// sort notes what one mount is there for.
func (f *Files) sort(m look.Mount) {
	switch {
	case isMask(m):
		f.Masked = append(f.Masked, m.Point)
	case m.FSType == "proc" && m.Point != "/proc" && readOnly(m):
		f.ReadOnly = append(f.ReadOnly, m.Point)
	case m.FSType == "sysfs" && readOnly(m):
		f.ReadOnly = append(f.ReadOnly, m.Point)
	case strings.HasPrefix(m.FSType, "cgroup") && !readOnly(m):
		f.Cgroups = append(f.Cgroups, m.Point)
	}
	for _, word := range strings.Fields(m.Propagation) {
		switch kind, _, _ := strings.Cut(word, ":"); kind {
		case "shared":
			f.Shared = append(f.Shared, m.Point)
		case "master":
			f.Follows = append(f.Follows, m.Point)
		}
	}
}

// isMask tells the null device, and an empty file system that can not be written; v1's trees of cgroups lie in such a one, too.
func isMask(m look.Mount) bool {
	if m.Point == "/sys/fs/cgroup" || !strings.HasPrefix(m.Point, "/proc/") && !strings.HasPrefix(m.Point, "/sys/") {
		return false
	}
	return path.Base(m.Root) == "null" && (m.FSType == "devtmpfs" || m.FSType == "tmpfs") || m.FSType == "tmpfs" && readOnly(m)
}

func readOnly(m look.Mount) bool {
	return slices.Contains(strings.Split(m.Options, ","), "ro")
}

// findOpen looks at which mount covers each of the places.
func (f *Files) findOpen(mounts []look.Mount) {
	masked, unwritable := secrets()
	for _, place := range append(masked, unwritable...) {
		m, ok := look.Covering(mounts, place)
		bare := ok && (m.FSType == "proc" || m.FSType == "sysfs")
		if bare && look.Exists(place) && !(readOnly(m) && slices.Contains(unwritable, place)) {
			f.Open = append(f.Open, place)
		}
	}
}

// hostDirs finds the mounts that show a part of a file system that the host has mounted, too.
func hostDirs(host, mounts []look.Mount) []HostDir {
	var found []HostDir
	for _, m := range mounts {
		if ofThisKernel(m) || isMask(m) {
			continue
		}
		outside, ok := outsidePath(host, m)
		dir := HostDir{outside, m.Point, !readOnly(m)}
		if ok && !fromEngine(m.Point, outside) && !slices.ContainsFunc(found, dir.isPartOf) {
			found = append(found, dir)
		}
	}
	return found
}

// isPartOf tells that a directory is no news where another one is shown: it came along, at the same place below it.
func (d HostDir) isPartOf(other HostDir) bool {
	rest, below := strings.CutPrefix(d.Inside, strings.TrimSuffix(other.Inside, "/"))
	return below && (rest == "" || rest[0] == '/') && d.Writable == other.Writable && d.Outside == path.Join(other.Outside, rest)
}

// ofThisKernel tells file systems that show the kernel, not a disk: they have the host's device wherever a namespace is shared.
// The host's /proc or /sys at some other place is not meant: somebody has put it there.
func ofThisKernel(m look.Mount) bool {
	switch m.FSType {
	case "proc", "sysfs":
		return strings.HasPrefix(m.Point, "/proc") || strings.HasPrefix(m.Point, "/sys")
	case "devpts", "mqueue", "nsfs", "cgroup", "cgroup2":
		return true
	case "tmpfs":
		return m.Point == "/sys/fs/cgroup"
	}
	return false
}

// fromEngine tells files that engines make for one container and keep on the host: its root, its hosts file, its /dev/shm. The
// devices that need no rights are no news either.
func fromEngine(inside, outside string) bool {
	if slices.Contains([]string{"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}, outside) {
		return true
	}
	made := []string{"/", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run/.containerenv", "/run/secrets", "/dev/shm"}
	return inside != outside && slices.Contains(made, inside)
}

// outsidePath finds where the host has the directory that a mount shows: on the mount of the same device that shows it or a
// directory above it.
func outsidePath(host []look.Mount, m look.Mount) (string, bool) {
	best, found := "", false
	for _, h := range host {
		if h.Major != m.Major || h.Minor != m.Minor {
			continue
		}
		rest, below := strings.CutPrefix(m.Root, strings.TrimSuffix(h.Root, "/"))
		if !below || rest != "" && rest[0] != '/' {
			continue
		}
		if outside := path.Join(h.Point, rest); !found || len(outside) < len(best) {
			best, found = outside, true
		}
	}
	return best, found
}
