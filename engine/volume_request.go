// This file completes the mounts of a request: those of other containers (--volumes-from), those that the image declares
// (VOLUME), and names for volumes that have none. The record keeps the result, so a container has the same mounts at every start.
package engine

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"glassbox/storage"
	"glassbox/storage/volume"
)

func (e *Engine) volumes() volume.Store { return volume.Store{Dir: filepath.Join(e.Root, "volumes")} }

// withMounts returns the request with all mounts, and finds what is wrong with them.
func (e *Engine) withMounts(r Request, store *storage.Store, image storage.Image) (Request, error) {
	borrowed, err := e.borrowedMounts(r.VolumesFrom)
	if err != nil {
		return r, err
	}
	all, err := mergeMounts(r.Mounts, borrowed, slices.Sorted(maps.Keys(image.Config.Config.Volumes)))
	if err != nil {
		return r, err
	}
	for i := range all {
		if err := e.checkMount(&all[i], store); err != nil {
			return r, err
		}
	}
	r.Mounts = all
	return r, nil
}

// mergeMounts: what the user names at a place stands instead of what he borrows there, and both instead of the image's wish.
func mergeMounts(asked, borrowed []Mount, declared []string) ([]Mount, error) {
	all, taken := slices.Clone(asked), map[string]bool{}
	for _, m := range asked {
		if taken[m.Target] {
			return nil, fmt.Errorf("duplicate mount point: %s: two of -v, --mount and --tmpfs name it", m.Target)
		}
		taken[m.Target] = true
	}
	for _, m := range borrowed {
		if !taken[m.Target] {
			all = append(all, m)
			taken[m.Target] = true
		}
	}
	for _, target := range declared {
		if target = path.Clean("/" + target); !taken[target] && target != "/" {
			all = append(all, Mount{Type: MountVolume, Target: target})
			taken[target] = true
		}
	}
	return all, nil
}

// borrowedMounts are those of the containers that --volumes-from names. Of two at one place the later container's stays.
func (e *Engine) borrowedMounts(from []string) ([]Mount, error) {
	var all []Mount
	for _, ref := range slices.Backward(from) {
		name, mode, given := strings.Cut(ref, ":")
		if given && mode != "ro" && mode != "rw" {
			return nil, fmt.Errorf("--volumes-from %s: invalid mode %q: write CONTAINER, CONTAINER:ro or CONTAINER:rw", ref, mode)
		}
		owner, err := e.find(name)
		if err != nil {
			return nil, fmt.Errorf("--volumes-from %s: %w", ref, err)
		}
		for _, m := range owner.Request.Mounts {
			if m.Type == MountTmpfs {
				continue // a new one would show none of its files
			}
			m.ReadOnly = m.ReadOnly || mode == "ro"
			m.Flag, m.Volume.NoCopy = "", true
			all = append(all, m)
		}
	}
	return all, nil
}

// checkMount gives an anonymous volume its name, and an image its id.
func (e *Engine) checkMount(m *Mount, store *storage.Store) error {
	switch m.Type {
	case MountBind:
		if !m.Bind.Create && !there(m.Source) {
			return fmt.Errorf(`invalid mount config for type "bind": bind source path does not exist: %s: make it first, or use -v, which makes a directory`, m.Source)
		}
	case MountImage:
		m.ReadOnly = true
		image, err := store.Image(m.Source)
		if err != nil {
			return err
		}
		m.ImageID = image.ID.String()
		return store.CanUnpack(image)
	case MountVolume:
		if m.Source == "" {
			m.Source, m.Volume.Anonymous = volume.NewName(), true
		}
		return e.checkVolume(wantedVolume(*m))
	}
	return nil
}

// imagesOf lists the images that a container needs: its own, and those that it has mounted.
func imagesOf(r *Record) []string {
	images := []string{r.ImageID}
	for _, m := range r.Request.Mounts {
		if m.Type == MountImage && !slices.Contains(images, m.ImageID) {
			images = append(images, m.ImageID)
		}
	}
	return images
}

// checkVolume finds out whether a volume is there, and as it is asked for, or can be made.
func (e *Engine) checkVolume(want volume.Volume) error {
	if err := volume.CheckName(want.Name); err != nil {
		return err
	}
	if err := volume.CheckOptions(want.Driver, want.Options); err != nil {
		return err
	}
	have, err := e.volumes().Get(want.Name)
	if err == nil && len(want.Options) > 0 && !have.Same(want) {
		return fmt.Errorf("volume %s exists and has other options: choose another name, or remove it first", want.Name)
	}
	return nil
}

func wantedVolume(m Mount) volume.Volume {
	v := volume.Volume{Name: m.Source, Driver: m.Volume.Driver, Labels: m.Volume.Labels, Options: m.Volume.Options}
	if v.Driver == "" {
		v.Driver = volume.Driver
	}
	if m.Volume.Anonymous {
		v.Labels = maps.Clone(v.Labels)
		if v.Labels == nil {
			v.Labels = map[string]string{}
		}
		v.Labels[volume.AnonymousLabel] = ""
	}
	return v
}
