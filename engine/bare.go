// This file lets containers begin with few mounts where there are many. Each that runs has two on the host, its files and its network
// namespace, and the mount namespace of the next one would begin as a copy of them all: see kernel/baremounts.go.
package engine

import (
	"path/filepath"
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

// crowd is how many containers make it worth while, unless the engine was told otherwise. With fewer, the steps are those of the textbook.
const crowd = 64

// bareMounts is the mount namespace that containers begin with.
func (e *Engine) bareMounts() kernel.BareMounts {
	return kernel.BareMounts{Dir: filepath.Join(e.State, "bare"), Ways: []string{e.Root, e.State}}
}

// barePlan makes it for all, when the container is the first that is to begin with it.
func (e *Engine) barePlan(n *newborn) []explain.Step {
	if !e.crowded() || !showsOwnFilesOnly(n.spec, e.live(n.ID)) {
		return nil
	}
	bare := e.bareMounts()
	n.bare = bare.File()
	if exists(bare.Dir) {
		return nil
	}
	return []explain.Step{explain.Say("Make a mount namespace with few mounts",
		"a new one is a copy of all mounts: of the thousand that hundreds of containers have, none is needed", "01",
		bare).Kept("containers would begin with the mounts of all others")}
}

// crowded tells whether there are so many.
func (e *Engine) crowded() bool { return e.living() >= orElse(e.Crowd, crowd) }

// living is how many containers run, or nearly: a directory has one link for each directory in it, its own and that from above. File
// systems that do not count (btrfs, overlay) say one: there nothing is ever crowded.
func (e *Engine) living() int {
	var st unix.Stat_t
	if err := unix.Stat(filepath.Dir(e.live("any")), &st); err != nil {
		return 0
	}
	return max(int(st.Nlink)-2, 0)
}

// showsOwnFilesOnly: what else of the host is shown in a container may be on a mount that is out of sight from the bare ones, or is to
// get mounts from the host later. The root of a user namespace can not join them.
func showsOwnFilesOnly(spec *specs.Spec, live string) bool {
	own := etcMounts(live)
	foreign := func(m specs.Mount) bool {
		return m.Type == "bind" && !slices.ContainsFunc(own, func(o specs.Mount) bool { return o.Source == m.Source })
	}
	users := func(ns specs.LinuxNamespace) bool { return ns.Type == specs.UserNamespace }
	return !slices.ContainsFunc(spec.Mounts, foreign) && !slices.ContainsFunc(spec.Linux.Namespaces, users)
}

// endBare lets go of it with the last container.
func (e *Engine) endBare() error {
	bare := e.bareMounts()
	if e.living() > 0 || !exists(bare.Dir) {
		return nil
	}
	return kernel.BareMountsRemove(bare).Do()
}

// strayBare is one that no container needs.
func (e *Engine) strayBare(owners) ([]Leak, error) {
	bare := e.bareMounts()
	if e.living() > 0 || !exists(bare.Dir) {
		return nil, nil
	}
	return []Leak{strayed("mount namespace", bare.Dir, "no container runs", kernel.BareMountsRemove(bare))}, nil
}
