// This file is the plan that shows an image's files without a container: they can be read and not written.
package storage

import (
	"glassbox/explain"
	"glassbox/kernel"
)

// ViewPlan mounts an image at target, which it makes. One layer needs no overlay, and would not make one: the kernel wants two.
func ViewPlan(img Image, target string) []explain.Step {
	ops := []explain.Op{kernel.Mkdir{Path: target, Mode: 0o755}}
	switch len(img.Layers) {
	case 0:
	case 1:
		ops = append(ops, kernel.Bind{Source: img.Layers[0].Path, Target: target})
	default:
		ops = append(ops, kernel.Overlay{Lower: Lower(img.Layers), Target: target})
	}
	return append(UnpackPlan(img), explain.Say("Show an image's files",
		"its layers without one above them: nothing can be written", "10", ops...).Kept("there would be nothing to mount"))
}
