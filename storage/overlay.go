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
	return append(UnpackPlan(img),
		explain.Say("Make the container's folders", "image layers are only read, so what the container writes needs a place of its own", "03",
			kernel.Mkdir{Path: d.Base, Mode: 0o711},
			// The mode of upper is the mode of / in the container.
			kernel.Mkdir{Path: d.Upper, Mode: 0o755},
			kernel.Mkdir{Path: d.Work, Mode: 0o700},
			kernel.Mkdir{Path: d.Merged, Mode: 0o755},
		),
		explain.Say("Stack the layers", "overlayfs shows the image with the container's changes on top, copying nothing", "03",
			kernel.Overlay{Lower: Lower(img.Layers), Upper: d.Upper, Work: d.Work, Target: d.Merged, Volatile: d.Volatile},
		).Kept("the container would have no files, and its mounts would go to an empty folder"),
	)
}

// UnpackPlan makes the folders of all layers in one go: what takes longest is done for several at the same time.
func UnpackPlan(img Image) []explain.Step {
	var missing []Unpack
	for _, l := range img.Layers {
		if !l.Unpacked {
			missing = append(missing, l.unpack)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return []explain.Step{unpacking(fmt.Sprintf("Unpack %d of %d layers", len(missing), len(img.Layers)), missing...)}
}

// unpackStep makes the folder of one layer; it has no ops if the folder is there.
func unpackStep(i, total int, l Layer) explain.Step {
	title := fmt.Sprintf("Unpack layer %d of %d", i+1, total)
	if l.Unpacked {
		return unpacking(title)
	}
	return unpacking(title, l.unpack)
}

func unpacking(title string, layers ...Unpack) explain.Step {
	step := explain.Say(title, "a layer is an archive of changes; unpacked once, it serves every container that uses it", "03").
		Kept("the mount needs the folders")
	if len(layers) > 0 {
		step.Ops = []explain.Op{UnpackLayers{layers}}
	}
	return step
}

// Lower lists the folders of layers as overlayfs wants them: the topmost first.
func Lower(layers []Layer) []string {
	var paths []string
	for _, l := range slices.Backward(layers) {
		paths = append(paths, l.Path)
	}
	return paths
}
