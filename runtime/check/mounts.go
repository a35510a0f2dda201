// This file checks the mounts.
package check

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

func mounts(spec *specs.Spec) error {
	for _, m := range spec.Mounts {
		if m.Destination == "" {
			return errors.New("mounts: a destination is missing")
		}
		if err := mount(spec, m); err != nil {
			return fmt.Errorf("mounts: %s: %w", m.Destination, err)
		}
	}
	return nil
}

func mount(spec *specs.Spec, m specs.Mount) error {
	asked := func(words ...string) bool {
		return slices.ContainsFunc(m.Options, func(o string) bool { return slices.Contains(words, o) })
	}
	bind := isBind(m)
	mapped := len(m.UIDMappings) > 0
	switch {
	case overProc(m):
		return errors.New("what is mounted there would pass for the kernel's own files: only proc itself goes to /proc, and below it a few files such as /proc/cpuinfo")
	case mapped != (len(m.GIDMappings) > 0):
		return errors.New("uidMappings and gidMappings come together: add the other")
	case mapped || asked("idmap", "ridmap"):
		return mapping(spec, m, bind)
	case m.Type == "" && !bind && m.Source != "":
		return errors.New("neither a type nor the option bind: say what is to be mounted")
	}
	return nil
}

// shownInProc are files that lxcfs and the like replace, and nobody writes for the kernel to read.
var shownInProc = []string{"cpuinfo", "diskstats", "meminfo", "stat", "swaps", "uptime", "loadavg", "slabinfo", "net/dev",
	"sys/kernel/ns_last_pid", "sys/crypto/fips_enabled"}

// overProc tells a mount that would forge /proc (CVE-2019-16884). A bind of the host's /proc is judged in Paths.
func overProc(m specs.Mount) bool {
	at := path.Clean("/" + m.Destination)
	below, is := strings.CutPrefix(at, "/proc/")
	switch {
	case at == "/proc":
		return m.Type != "proc" && !isBind(m) && m.Type != ""
	case is && (m.Type != "" || isBind(m)):
		return !slices.Contains(shownInProc, below)
	}
	return false
}

func isBind(m specs.Mount) bool {
	return m.Type == "bind" || slices.Contains(m.Options, "bind") || slices.Contains(m.Options, "rbind")
}

// boundProc refuses a bind at /proc of anything but a procfs.
func boundProc(m specs.Mount, bundle string) error {
	if path.Clean("/"+m.Destination) != "/proc" || !isBind(m) {
		return nil
	}
	source := m.Source
	if !path.IsAbs(source) {
		source = path.Join(bundle, source)
	}
	var fs unix.Statfs_t
	if err := unix.Statfs(source, &fs); err != nil || fs.Type != unix.PROC_SUPER_MAGIC {
		return fmt.Errorf("mounts: /proc: %s is no procfs: mount one with the type proc", source)
	}
	return nil
}

func mapping(spec *specs.Spec, m specs.Mount, bind bool) error {
	switch {
	case !bind:
		return errors.New("only a bind mount can have its ids mapped")
	case len(m.UIDMappings) == 0 && !makes(spec, specs.UserNamespace):
		return errors.New("idmap needs uidMappings and gidMappings, or a new user namespace to take them from")
	}
	return nil
}
