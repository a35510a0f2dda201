// This file prepares a container's mounts on the host, at its start: what a volume's driver mounts, the image's files for an
// empty volume, and the parts and images that are shown inside.
//
// A volume with options is mounted once, for all that use it. Who does is in STATE/volumes/NAME/ID, a file for each container
// that the journal of its start takes back, and with the last one the mount, whatever was killed (kernel.LeaveMount). The
// order keeps it true: note first, then lock the volume, then look whether it is mounted.
package engine

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/storage"
	"glassbox/storage/volume"
)

// useNote is the file that says that a container uses a volume.
func (e *Engine) useNote(name string, id ...string) string {
	return filepath.Join(append([]string{e.State, "volumes", name}, id...)...)
}

// mountOnHost carries out what mountPlan says.
func (e *Engine) mountOnHost(n *newborn, runner *explain.Runner) error {
	if len(n.Request.Mounts) == 0 {
		return nil
	}
	if err := e.makeAgain(n.Request, runner); err != nil {
		return err
	}
	return e.withVolumes(n, runner, func(facts volumeFacts) error {
		plan, err := e.contentPlan(n, facts)
		if err != nil {
			return err
		}
		return runner.Run(plan...)
	})
}

// withVolumes notes who uses the volumes, has their drivers mount them, and calls do while they are locked.
func (e *Engine) withVolumes(n *newborn, runner *explain.Runner, do func(volumeFacts) error) error {
	used, err := e.volumesOf(n.Request)
	if err != nil {
		return err
	}
	if err := runner.Run(e.notePlan(n.ID, used)...); err != nil {
		return err
	}
	for _, v := range used {
		unlock, err := e.volumes().LockOne(v.Name)
		if err != nil {
			return err
		}
		defer unlock()
	}
	facts, err := e.lookAtVolumes(n, used)
	if err != nil {
		return err
	}
	if err := runner.Run(e.driverPlan(n.ID, used, facts)...); err != nil {
		return err
	}
	if facts, err = e.lookAtVolumes(n, used); err != nil { // what was mounted may be full
		return err
	}
	return do(facts)
}

// mountPlan is the whole of it, told without doing it.
func (e *Engine) mountPlan(n *newborn) ([]explain.Step, error) {
	used, err := e.volumesOf(n.Request)
	if err != nil {
		return nil, err
	}
	facts, err := e.lookAtVolumes(n, used)
	if err != nil {
		return nil, err
	}
	content, err := e.contentPlan(n, facts)
	return slices.Concat(e.notePlan(n.ID, used), e.driverPlan(n.ID, used, facts), content), err
}

// volumesOf returns the volumes of a request, each once and in the order of their names, in which they are locked.
func (e *Engine) volumesOf(r Request) ([]volume.Volume, error) {
	found := map[string]volume.Volume{}
	for _, m := range r.Mounts {
		if m.Type != MountVolume {
			continue
		}
		v, err := e.volumes().Get(m.Source)
		if errors.As(err, new(*volume.NotFound)) {
			v, err = wantedVolume(m), nil // a plan that is only told
		}
		if err != nil {
			return nil, err
		}
		found[v.Name] = v
	}
	return sortedValues(found), nil
}

// notePlan says that the container uses volumes with options.
func (e *Engine) notePlan(id string, used []volume.Volume) []explain.Step {
	var ops []explain.Op
	for _, v := range used {
		if len(v.Options) > 0 {
			ops = append(ops, kernel.EnsureDir{Path: e.useNote(""), Mode: 0o700}, kernel.EnsureDir{Path: e.useNote(v.Name), Mode: 0o700},
				kernel.UseMount{Note: e.useNote(v.Name, id), Target: e.volumes().Data(v.Name)})
		}
	}
	if ops == nil {
		return nil
	}
	return []explain.Step{explain.Say("Note who uses the volumes",
		"one mount serves all containers; the last to leave unmounts it, and a file each tells who is left", "10",
		ops...).Kept("another container could unmount it")}
}

// volumeFacts are what plans must know of the disk.
type volumeFacts struct {
	mounted map[string]bool // volumes on which their driver has mounted something
	fill    map[string]bool // volumes that are empty, or were being filled when somebody was killed

	addresses map[string]string // of the hosts that options name
}

func (e *Engine) lookAtVolumes(n *newborn, used []volume.Volume) (volumeFacts, error) {
	f := volumeFacts{mounted: map[string]bool{}, fill: map[string]bool{}}
	mounted, err := e.mountedVolumes()
	if err != nil {
		return f, err
	}
	if f.addresses, err = addressesOf(used); err != nil {
		return f, err
	}
	again := exists(e.dir(n.ID, lastStoryFile)) // what its owner has deleted since its first start is not to come back
	for _, v := range used {
		f.mounted[v.Name] = slices.Contains(mounted, v.Name)
		entries, err := e.entriesOf(v, f.mounted[v.Name])
		if err != nil {
			return f, err
		}
		f.fill[v.Name] = !again && len(entries) == 0 || exists(e.volumes().Mark(v.Name))
	}
	return f, nil
}

// entriesOf lists what is in a volume, or will be when its driver has mounted it. One that is not made yet has nothing.
func (e *Engine) entriesOf(v volume.Volume, mounted bool) ([]fs.DirEntry, error) {
	if !mounted && isBind(v) {
		entries, err := os.ReadDir(v.Options["device"])
		if err != nil {
			return nil, fmt.Errorf("mount volume %s: look into its device: %w: make that directory, or remove the volume and create it with another --opt device=DIR",
				v.Name, err)
		}
		return entries, nil
	}
	entries, err := os.ReadDir(e.volumes().Data(v.Name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("look into volume %s: %w", v.Name, err)
	}
	return entries, nil
}

// contentPlan fills empty volumes and mounts what else is to be shown: parts of volumes, and images.
func (e *Engine) contentPlan(n *newborn, f volumeFacts) ([]explain.Step, error) {
	var plan []explain.Step
	for i, m := range n.Request.Mounts {
		part := partOf(e.live(n.ID), i)
		switch {
		case m.Type == MountImage:
			steps, err := e.imageMountPlan(m, part)
			if err != nil {
				return nil, err
			}
			plan = append(plan, steps...)
		case m.Type == MountVolume && m.Subpath != "":
			plan = append(plan, partStep(e.volumes().Data(m.Source), m, part))
		default:
			plan = append(plan, e.fillPlan(n, m, f)...)
		}
	}
	return plan, nil
}

// fillPlan gives an empty volume what the image has at its place.
func (e *Engine) fillPlan(n *newborn, m Mount, f volumeFacts) []explain.Step {
	if m.Type != MountVolume || m.Subpath != "" || m.Volume.NoCopy || !f.fill[m.Source] || !mayHave(n.image, m.Target) {
		return nil
	}
	f.fill[m.Source] = false
	return []explain.Step{explain.Say("Fill the volume for "+cutTitle(m.Target, 18),
		"an empty volume begins with the image's files, which it would hide otherwise", "10",
		kernel.FillDir{Root: e.files(n.ID).Merged, Source: m.Target, Target: e.volumes().Data(m.Source), Mark: e.volumes().Mark(m.Source)})}
}

// mayHave tells whether a layer of the image has the directory; of a layer that is not unpacked nobody knows.
func mayHave(image storage.Image, dir string) bool {
	return slices.ContainsFunc(image.Layers, func(l storage.Layer) bool { return !there(l.Path) || exists(filepath.Join(l.Path, dir)) })
}

func partStep(root string, m Mount, part string) explain.Step {
	return explain.Say("Find the part for "+cutTitle(m.Target, 22),
		"a container may have put a link in its place: openat2 finds it without leaving the volume", "10",
		kernel.BindPart{Root: root, Part: m.Subpath, Target: part}).Kept("there would be nothing to mount")
}

// imageMountPlan stacks an image's layers with nothing above them: they can be read.
func (e *Engine) imageMountPlan(m Mount, part string) ([]explain.Step, error) {
	_, image, err := e.findImage(m.ImageID)
	if err != nil {
		return nil, err
	}
	if m.Subpath == "" {
		return storage.ViewPlan(image, part), nil
	}
	whole := part + "-whole"
	return append(storage.ViewPlan(image, whole), partStep(whole, m, part)), nil
}

// cutTitle cuts a long path to what fits a title.
func cutTitle(target string, room int) string {
	if len(target) <= room {
		return target
	}
	return "…" + target[len(target)-room+1:]
}
