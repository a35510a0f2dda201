// This file decides the first and the last mounts of a container: private propagation before anything else, pivot_root when
// everything is in place. Rule: between them the host's paths are still visible, afterwards only the container's.
package plan

import (
	"slices"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

const keepMounts = "the container's mounts would be made on the host"

// rootSteps make the new root a mount point that leaks nothing. man 7 mount_namespaces; OCI linux.rootfsPropagation.
func rootSteps(c Container) []explain.Step {
	if !newNamespace(c.Spec, specs.MountNamespace) {
		return nil
	}
	// A new mount namespace is a copy, but its mounts stay peers of the originals: what is mounted here would appear there.
	how := uintptr(unix.MS_PRIVATE)
	if p := propagation(c.Spec.Linux.RootfsPropagation); p&unix.MS_SLAVE != 0 {
		how = unix.MS_SLAVE // what the host mounts later may still come in
	}
	apart := explain.Say("Make mounts private",
		"a new mount namespace still shares propagation with the host: mounts would leak out", "01",
		kernel.SetPropagation{Target: "/", Type: how | unix.MS_REC}).Kept(keepMounts)
	if shared(c.Spec) {
		apart = explain.Say("Make only the root's mount private",
			"shared volumes keep their peers on the host; the root of the container gets none", "01",
			kernel.SetPropagationAbove{Path: c.Rootfs(), Type: unix.MS_PRIVATE}).Kept(keepMounts)
	}
	if bare(c) {
		return append(bareSteps(c), apart, explain.Say("Put the root into place",
			"it is not among the few mounts; now it is there, and pivot_root can take it", "03",
			kernel.PlaceTreeIn{Root: c.Rootfs(), Target: ".", Source: c.Rootfs(), Number: len(MappedMounts(c.Spec))}).
			Kept("the root would be an empty directory"))
	}
	return []explain.Step{apart,
		explain.Say("Make the root a mount point",
			"pivot_root takes only a mount point; a bind of a directory on itself is one", "03",
			kernel.Bind{Source: c.Rootfs(), Target: c.Rootfs(), Recursive: true}).Kept("pivot_root would fail"),
	}
}

// bareSteps make the mount namespace when the stage is there: it has one thread, and can do what we would need a thread to waste for.
func bareSteps(c Container) []explain.Step {
	return []explain.Step{explain.Say("Begin with few mounts",
		"a new mount namespace is a copy of the one that one is in, and there are many containers' mounts", "01",
		kernel.JoinMounts{Path: c.Bare}, kernel.Unshare{Flags: unix.CLONE_NEWNS}).Kept(keepMounts)}
}

// shared tells whether mounts made in the container may appear on the host, in volumes that are shared as well.
func shared(spec *specs.Spec) bool {
	return propagation(spec.Linux.RootfsPropagation)&unix.MS_SHARED != 0
}

// spareTheHost keeps the host from losing what is unmounted here. "." is the new root; who goes up from a root stays there, and
// steps onto what is stacked on it: the old root.
func spareTheHost() explain.Op {
	return kernel.SetPropagation{Target: "..", Type: unix.MS_SLAVE | unix.MS_REC}
}

// pivotSteps swap the root. After them every path means the container's. LESSON: pivot
func pivotSteps(c Container) []explain.Step {
	if !hasNamespace(c.Spec, specs.MountNamespace) {
		return nil
	}
	ops := []explain.Op{kernel.Chdir{Path: c.Rootfs()}, kernel.PivotRoot{}, kernel.Unmount{Target: "."}, kernel.Chdir{Path: "/"}}
	if shared(c.Spec) {
		ops = slices.Insert(ops, 2, spareTheHost())
	}
	if c.Stay {
		ops = []explain.Op{kernel.Chdir{Path: c.Rootfs()}, kernel.MoveRoot{}, kernel.Chdir{Path: "/"}}
	}
	steps := []explain.Step{explain.Say("Swap the root directory",
		"chroot can be walked out of; after pivot_root and umount the host's tree is gone", "03", ops...).
		Kept("the program would run with the host's files as its root")}
	if p := propagation(c.Spec.Linux.RootfsPropagation); p != 0 {
		steps = append(steps, explain.Say("Set the root's propagation",
			"the specification says where mounts made in the container may appear", "01",
			kernel.SetPropagation{Target: "/", Type: p}))
	}
	if c.Spec.Root.Readonly {
		steps = append(steps, explain.Say("Make the root read-only",
			"last, for the steps before it had to make directories to mount on", "03",
			kernel.RemountIn{Root: "/", Target: "/", Flags: unix.MS_RDONLY}))
	}
	return steps
}
