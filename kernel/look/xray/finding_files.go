// This file says what of the host's files a process reaches.
package xray

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// sockets are those of engines: who can write to one can start a privileged container.
func sockets() []string {
	return []string{"docker.sock", "containerd.sock", "podman.sock", "crio.sock", "glassbox.sock"}
}

func isSocket(d HostDir) bool {
	return slices.Contains(sockets(), path.Base(d.Outside)) || slices.Contains(sockets(), path.Base(d.Inside))
}

// isVital tells directories of the host with which the host itself can be taken.
func isVital(d HostDir) bool {
	vital := []string{"/", "/etc", "/root", "/boot", "/dev", "/proc", "/sys", "/usr", "/bin", "/sbin", "/lib", "/run", "/var", "/var/run", "/var/lib", "/home"}
	return slices.Contains(vital, d.Outside)
}

func sayEngineSocket(r Report) string {
	if i := slices.IndexFunc(r.Files.Host, isSocket); i >= 0 {
		d := r.Files.Host[i]
		return fmt.Sprintf("An engine's socket is inside, %s at %s: who writes to it is root on the host.", d.Outside, d.Inside)
	}
	return ""
}

func sayHostRoot(r Report) string {
	return listed(r, "It can write the host's own files: ", func(d HostDir) bool { return d.Writable && isVital(d) && !isSocket(d) })
}

func sayHostDirectories(r Report) string {
	return listed(r, "It writes to the host's files: ", func(d HostDir) bool {
		memory := d.Inside == "/dev/shm" && r.shares("ipc") // said with that namespace
		return d.Writable && !isVital(d) && !isSocket(d) && !memory
	})
}

func sayReadableDirectories(r Report) string {
	return listed(r, "It reads the host's files: ", func(d HostDir) bool { return !d.Writable && !isSocket(d) })
}

// listed names the host's directories that pass.
func listed(r Report, begin string, pass func(HostDir) bool) string {
	var words []string
	for _, d := range r.Files.Host {
		if pass(d) {
			words = append(words, d.Outside+" at "+d.Inside)
		}
	}
	if len(words) == 0 {
		return ""
	}
	return begin + few(words, ", ") + "."
}

// few keeps a sentence short.
func few(words []string, between string) string {
	const most = 5
	if len(words) > most {
		words = append(slices.Clone(words[:most]), fmt.Sprintf("and %d more", len(words)-most))
	}
	return strings.Join(words, between)
}

func sayHostMounts(r Report) string {
	if !r.shares("mnt") {
		return ""
	}
	if r.Process.Root != "/" && r.Process.Root != "" {
		return fmt.Sprintf("It has no mounts of its own, only chroot to %s: root leaves that at will.", r.Process.Root)
	}
	return "It shares the host's mounts: it sees every file of the host that its user may see."
}

func sayOpenFiles(r Report) string {
	if r.mapped() || !r.owns("mnt") || len(r.Files.Open) == 0 {
		return ""
	}
	return "The kernel's files are open that engines mask or make read-only: " + strings.Join(r.Files.Open, " ") + "."
}

func sayWritableCgroups(r Report) string {
	if !r.owns("mnt") || len(r.Files.Cgroups) == 0 {
		return ""
	}
	return fmt.Sprintf("It can write to cgroups, at %s: it may lift its own limits.", few(r.Files.Cgroups, " "))
}

func sayPropagation(r Report) string {
	switch {
	case !r.owns("mnt"):
		return ""
	case len(r.Files.Shared) > 0:
		return "What it mounts is seen outside, as these are shared: " + few(r.Files.Shared, " ") + "."
	case len(r.Files.Follows) > 0:
		return "What is mounted outside appears inside, at " + few(r.Files.Follows, " ") + "."
	}
	return ""
}

func sayRoot(r Report) string {
	if !r.owns("mnt") || readOnly(r.Files.Root) || slices.Contains(r.Files.Host, HostDir{"/", "/", true}) {
		return ""
	}
	return "Its root file system can be written: what breaks in can stay until the container is removed."
}
