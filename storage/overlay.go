// This file is the plan that gives a container its files. It is pure: what it must know of the disk is in the Image.
package storage

import (
	"fmt"
	"path/filepath"
	"slices"

	"glassbox/explain"
	"glassbox/kernel"
)

// Dirs are the folders of one container.
type Dirs struct {
	Base   string // all others are in it
	Upper  string // what the container changes
	Work   string // overlayfs prepares files here
	Merged string // what the container sees: its root

	// What is written is thrown away with the container, as with --rm, and need not reach the disk: unmounting takes a
	// twentieth of the time. The folders can not be mounted again.
	Volatile bool
}

// Dirs returns where the folders of a container are; they need not be there.
func (s *Store) Dirs(id string) Dirs {
	base := s.path("containers", id)
	return Dirs{
		Base:   base,
		Upper:  filepath.Join(base, "upper"),
		Work:   filepath.Join(base, "work"),
		Merged: filepath.Join(base, "merged"),
	}
}

// MountPlan unpacks what is missing of an image and mounts it for one container. Taking it back leaves the layers. LESSON: overlay
func MountPlan(img Image, d Dirs) []explain.Step {
	return append(unpackPlan(img),
		explain.Say("Make the container's folders", "image layers are only read, so what the container writes needs a place of its own", "03",
			kernel.Mkdir{Path: d.Base, Mode: 0o711},
			// The mode of upper is the mode of / in the container.
			kernel.Mkdir{Path: d.Upper, Mode: 0o755},
			kernel.Mkdir{Path: d.Work, Mode: 0o700},
			kernel.Mkdir{Path: d.Merged, Mode: 0o755},
		),
		explain.Say("Stack the layers", "overlayfs shows the image with the container's changes on top, copying nothing", "03",
			kernel.Overlay{Lower: lower(img.Layers), Upper: d.Upper, Work: d.Work, Target: d.Merged, Volatile: d.Volatile},
		).Kept("the container would have no files, and its mounts would go to an empty folder"),
	)
}

func unpackPlan(img Image) []explain.Step {
	var plan []explain.Step
	for i, l := range img.Layers {
		if l.Unpacked {
			continue
		}
		plan = append(plan, explain.Say(fmt.Sprintf("Unpack layer %d of %d", i+1, len(img.Layers)),
			"a layer is an archive of changes; unpacked once, it serves every container that uses it", "03",
			l.unpack).Kept("the mount needs the folder"))
	}
	return plan
}

// lower lists layers as overlayfs wants them: the topmost first.
func lower(layers []Layer) []string {
	var paths []string
	for _, l := range slices.Backward(layers) {
		paths = append(paths, l.Path)
	}
	return paths
}
