// This file tells a shim which container is its own.
package engine

import (
	"slices"

	"glassbox/engine/shim/wire"
)

func (e *Engine) birth(n *newborn, tell, attach bool) (wire.Birth, error) {
	b := wire.Birth{
		ID: n.ID, Bundle: e.dir(n.ID), Dir: e.live(n.ID), Runtime: e.runtimeRoot(),
		Stdin: n.Request.OpenStdin, Init: n.Request.Init, Tell: tell, Attach: attach,
	}
	if len(e.Self) > 0 {
		b.Release = append(slices.Clone(e.Self), "release", n.ID)
	}
	if !n.Request.AutoRemove {
		b.Story = e.live(n.ID, storyFile)
	}
	return b, e.upkeep(&b, n)
}
