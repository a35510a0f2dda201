// This file fills /dev. OCI config-linux, "devices" and "default devices".
package plan

import (
	"path"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

type deviceNode struct {
	path         string
	kind         string // c, b, p
	major, minor uint32
	mode         uint32
	uid, gid     int
}

// defaultDevices must be in every container, says the OCI specification. /dev/console and /dev/ptmx come with the terminal.
var defaultDevices = []deviceNode{
	{path: "/dev/null", kind: "c", major: 1, minor: 3, mode: 0o666},
	{path: "/dev/zero", kind: "c", major: 1, minor: 5, mode: 0o666},
	{path: "/dev/full", kind: "c", major: 1, minor: 7, mode: 0o666},
	{path: "/dev/random", kind: "c", major: 1, minor: 8, mode: 0o666},
	{path: "/dev/urandom", kind: "c", major: 1, minor: 9, mode: 0o666},
	{path: "/dev/tty", kind: "c", major: 5, minor: 0, mode: 0o666},
}

var defaultLinks = [][2]string{
	{"pts/ptmx", "/dev/ptmx"}, {"/proc/self/fd", "/dev/fd"}, {"/proc/self/fd/0", "/dev/stdin"},
	{"/proc/self/fd/1", "/dev/stdout"}, {"/proc/self/fd/2", "/dev/stderr"}, {"/proc/kcore", "/dev/core"},
}

// deviceSteps leave a /dev alone that is bound from the host.
func deviceSteps(c Container, h Host) []explain.Step {
	if !ownDev(c.Spec) {
		return nil
	}
	ops := []explain.Op{kernel.SetUmask{Mask: 0}} // mknod's mode is cut by it
	for _, d := range devices(c.Spec) {
		ops = append(ops, deviceOps(c, h, d)...)
	}
	for _, l := range defaultLinks {
		ops = append(ops, kernel.SymlinkIn{Root: c.Rootfs(), Target: l[0], Path: l[1]})
	}
	return []explain.Step{explain.Say("Fill /dev",
		"programs expect null, zero, random and tty; they do not need the host's disks", "01", ops...)}
}

// devReadonly makes /dev read-only where the specification says so, now that its nodes are made.
func devReadonly(c Container) []explain.Step {
	for _, m := range c.Spec.Mounts {
		if r := readOptions(m.Options); isDev(m) && ownDev(c.Spec) && r.flags&unix.MS_RDONLY != 0 {
			return []explain.Step{explain.Say("Make /dev read-only", "the specification asks for it, and its nodes are made", "01",
				kernel.RemountIn{Root: c.Rootfs(), Target: "/dev", Flags: r.flags})}
		}
	}
	return nil
}

func deviceOps(c Container, h Host, d deviceNode) []explain.Op {
	if hasNamespace(c.Spec, specs.UserNamespace) || h.Rootless {
		// mknod of a device is refused in a user namespace, so the host's node is shown.
		return []explain.Op{
			kernel.EnsureFileIn{Root: c.Rootfs(), Path: d.path},
			kernel.BindIn{Root: c.Rootfs(), Source: d.path, Target: d.path},
		}
	}
	kind := map[string]uint32{"c": unix.S_IFCHR, "u": unix.S_IFCHR, "b": unix.S_IFBLK, "p": unix.S_IFIFO}[d.kind]
	return []explain.Op{kernel.MknodIn{Root: c.Rootfs(), Path: d.path, Mode: kind | d.mode,
		Major: d.major, Minor: d.minor, UID: d.uid, GID: d.gid}}
}

// devices are the default ones and those of the specification, which win.
func devices(spec *specs.Spec) []deviceNode {
	var all []deviceNode
	asked := map[string]bool{}
	for _, d := range spec.Linux.Devices {
		asked[d.Path] = true
		n := deviceNode{path: d.Path, kind: d.Type, major: uint32(d.Major), minor: uint32(d.Minor), mode: 0o666}
		if d.FileMode != nil {
			n.mode = uint32(d.FileMode.Perm())
		}
		if d.UID != nil {
			n.uid = int(*d.UID)
		}
		if d.GID != nil {
			n.gid = int(*d.GID)
		}
		all = append(all, n)
	}
	for _, d := range defaultDevices {
		if !asked[d.path] {
			all = append(all, d)
		}
	}
	return all
}

func ownDev(spec *specs.Spec) bool {
	for _, m := range spec.Mounts {
		if isDev(m) {
			return !readOptions(m.Options).bind && m.Type != "bind"
		}
	}
	return true
}

// isDev: a relative destination is taken from the root.
func isDev(m specs.Mount) bool { return path.Clean("/"+m.Destination) == "/dev" }
