// This file plans mounts with their ids mapped (idmap, ridmap). The runtime makes them on the host, where the rights for it
// are, and hands them to the stage as descriptors; the stage puts them into place. OCI config, "POSIX-platform Mounts".
package plan

import (
	"path/filepath"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
)

// MappedMounts are the mounts whose ids are mapped, in the order of the specification.
func MappedMounts(spec *specs.Spec) []specs.Mount {
	var all []specs.Mount
	for _, m := range spec.Mounts {
		if readOptions(m.Options).idmap || len(m.UIDMappings) > 0 {
			all = append(all, m)
		}
	}
	return all
}

// Trees is how many mounts are handed to the stage as descriptors.
func Trees(c Container) int {
	n := len(MappedMounts(c.Spec))
	if bare(c) {
		n++ // the root, the last
	}
	return n
}

// MapMounts makes them before the birth. trees receive them; a plan that is only told needs none.
func MapMounts(c Container, trees []kernel.MountTree) []explain.Step {
	var steps []explain.Step
	for i, m := range MappedMounts(c.Spec) {
		r := readOptions(m.Options)
		op := kernel.MapTree{Source: bindSource(c, m), Recursive: r.recursive, MapAll: r.mapAll,
			UIDs: idMaps(m.UIDMappings), GIDs: idMaps(m.GIDMappings)}
		if len(m.UIDMappings) == 0 {
			op.UIDs, op.GIDs = idMaps(c.Spec.Linux.UIDMappings), idMaps(c.Spec.Linux.GIDMappings)
		}
		if trees != nil {
			op.Tree = &trees[i]
		}
		steps = append(steps, explain.Say("Map the ids of "+cut(m.Destination, 24),
			"owners look different through such a mount; the files stay as they are", "01", op).
			Kept("there would be nothing to mount"))
	}
	if bare(c) {
		op := kernel.HoldTree{Source: c.Rootfs()}
		if trees != nil {
			op.Tree = &trees[len(trees)-1]
		}
		steps = append(steps, explain.Say("Take hold of the root",
			"the mounts that the container begins with are few, and its root is not among them", "03", op).
			Kept("there would be no root"))
	}
	return steps
}

// bindSource is where a bind begins; relative to the bundle.
func bindSource(c Container, m specs.Mount) string {
	if filepath.IsAbs(m.Source) {
		return m.Source
	}
	return filepath.Join(c.Bundle, m.Source)
}

// placeOps attach the source of a bind: by its path, or by the descriptor of the tree that was made of it.
func placeOps(c Container, m specs.Mount, r mountRequest) []explain.Op {
	for i, mapped := range MappedMounts(c.Spec) {
		if mapped.Destination == m.Destination && mapped.Source == m.Source {
			ops := []explain.Op{kernel.PlaceTreeIn{Root: c.Rootfs(), Target: m.Destination, Source: bindSource(c, m), Number: i, Mapped: true}}
			if r.flags != 0 {
				ops = append(ops, kernel.RemountIn{Root: c.Rootfs(), Target: m.Destination, Flags: r.flags})
			}
			return ops
		}
	}
	if r.flags != 0 {
		return []explain.Op{kernel.BindFlagsIn{Root: c.Rootfs(), Source: bindSource(c, m), Target: m.Destination, Recursive: r.recursive, Flags: r.flags}}
	}
	return []explain.Op{kernel.BindIn{Root: c.Rootfs(), Source: bindSource(c, m), Target: m.Destination, Recursive: r.recursive}}
}
