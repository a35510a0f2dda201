// This file tells a shim which container is its own.
package engine

import (
	"slices"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/engine/shim/wire"
)

func (e *Engine) birth(n *newborn, tell, attach bool) (wire.Birth, error) {
	b := wire.Birth{
		ID: n.ID, Bundle: e.dir(n.ID), Dir: e.live(n.ID), Runtime: e.runtimeRoot(),
		Terminal: n.spec.Process.Terminal, Netns: networkNamespace(n.spec), Bare: n.bare,
		Stdin: n.Request.OpenStdin, Init: n.Request.Init, Tell: tell, Attach: attach,
		StopSignal: n.StopSignal, Patience: n.Request.patience(nil),
	}
	if len(e.Self) > 0 {
		b.Release = append(slices.Clone(e.Self), "release", n.ID)
	}
	if n.Request.AutoRemove {
		b.Record = e.dir(n.ID, recordFile)
	} else {
		b.Story = e.live(n.ID, storyFile)
	}
	return b, e.upkeep(&b, n)
}

// networkNamespace is the path of the one that was made for the container.
func networkNamespace(spec *specs.Spec) string {
	for _, n := range spec.Linux.Namespaces {
		if n.Type == specs.NetworkNamespace {
			return n.Path
		}
	}
	return ""
}
