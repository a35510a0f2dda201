// This file holds the verbs of volumes: create, ls, inspect, rm, prune. Who uses one is read from the records of the containers,
// running or not, so it can not be out of date.
package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"glassbox/explain"
	"glassbox/storage/volume"
)

// VolumeInUse is the error of a volume that can not be removed.
type VolumeInUse struct {
	Name  string
	Users []string // names of containers
}

func (e *VolumeInUse) Error() string {
	return fmt.Sprintf("remove %s: volume is in use by %s: 'glassbox rm' the containers first", e.Name, strings.Join(e.Users, ", "))
}

// VolumeSummary is a volume with what is not in its own books.
type VolumeSummary struct {
	volume.Volume
	Mountpoint string
	Users      []string // names of containers
}

// VolumeCreate makes a volume and returns its name; without a name it draws one. One that is there, and is the same, is left
// as it is.
func (e *Engine) VolumeCreate(ctx context.Context, want volume.Volume, l explain.Listener) (string, error) {
	if want.Name == "" {
		want.Name = volume.NewName()
		want.Labels = maps.Clone(want.Labels)
		if want.Labels == nil {
			want.Labels = map[string]string{}
		}
		want.Labels[volume.AnonymousLabel] = ""
	}
	if err := e.checkVolume(want); err != nil {
		return "", err
	}
	unlock, err := e.volumes().Lock()
	if err != nil {
		return "", err
	}
	defer unlock()
	_, err = e.volumes().Get(want.Name)
	if !errors.As(err, new(*volume.NotFound)) {
		return want.Name, errors.Join(err, e.checkVolume(want))
	}
	plan, err := e.makeVolumePlan(want)
	if err != nil {
		return "", err
	}
	if err := carry(ctx, l, plan); err != nil {
		return "", err
	}
	return want.Name, e.emitVolume("create", want.Name)
}

func (e *Engine) emitVolume(action, name string) error {
	return e.emit("volume", action, name, map[string]string{"driver": volume.Driver})
}

// VolumePlan tells how a volume would be made.
func (e *Engine) VolumePlan(want volume.Volume) ([]explain.Step, error) {
	if err := e.checkVolume(want); err != nil {
		return nil, err
	}
	if _, err := e.volumes().Get(want.Name); !errors.As(err, new(*volume.NotFound)) {
		return nil, err
	}
	return e.makeVolumePlan(want)
}

// carry runs a plan that stands alone, and takes it back if it fails.
func carry(ctx context.Context, l explain.Listener, plan []explain.Step) error {
	runner := &explain.Runner{Listener: explain.All(l, quitWith(ctx))}
	if err := runner.Run(plan...); err != nil {
		return errors.Join(interrupted(ctx, err), runner.Rollback())
	}
	return nil
}

// Volumes lists all volumes by name.
func (e *Engine) Volumes() ([]VolumeSummary, error) {
	list, _, err := e.volumes().List()
	if err != nil {
		return nil, err
	}
	users, err := e.volumeUsers("")
	if err != nil {
		return nil, err
	}
	all := make([]VolumeSummary, len(list))
	for i, v := range list {
		all[i] = VolumeSummary{Volume: v, Mountpoint: e.volumes().Data(v.Name), Users: users[v.Name]}
	}
	return all, nil
}

// Volume tells about one.
func (e *Engine) Volume(name string) (VolumeSummary, error) {
	v, err := e.volumes().Get(name)
	if err != nil {
		return VolumeSummary{}, err
	}
	users, err := e.volumeUsers("")
	return VolumeSummary{Volume: v, Mountpoint: e.volumes().Data(name), Users: users[name]}, err
}

// VolumeSize is how many bytes the files of a volume have.
func (e *Engine) VolumeSize(name string) (int64, error) { return e.volumes().Size(name) }

// VolumeRemove removes a volume that no container has, running or not. With force one that is not there is no error.
func (e *Engine) VolumeRemove(ctx context.Context, name string, force bool, l explain.Listener) error {
	unlock, err := e.volumes().Lock()
	if err != nil {
		return err
	}
	defer unlock()
	if _, err := e.volumes().Get(name); err != nil {
		if force && errors.As(err, new(*volume.NotFound)) {
			return nil
		}
		return err
	}
	users, err := e.volumeUsers("")
	if err != nil {
		return err
	}
	if len(users[name]) > 0 {
		return &VolumeInUse{name, users[name]}
	}
	return e.removeVolume(ctx, name, l)
}

// removeVolume is for those who hold the lock and know that nobody uses it.
func (e *Engine) removeVolume(ctx context.Context, name string, l explain.Listener) error {
	mounted, err := e.mountedVolumes()
	if err != nil {
		return err
	}
	if err := carry(ctx, l, e.volumes().RemovePlan(name, slices.Contains(mounted, name))); err != nil {
		return err
	}
	return e.emitVolume("destroy", name)
}

// VolumePrune removes the volumes that no container has and that pass: the anonymous ones, or all. It returns their names and
// the bytes that are free now.
func (e *Engine) VolumePrune(ctx context.Context, all bool, pass func(VolumeSummary) bool, l explain.Listener) (removed []string, freed int64, err error) {
	unlock, err := e.volumes().Lock()
	if err != nil {
		return nil, 0, err
	}
	defer unlock()
	list, err := e.Volumes()
	if err != nil {
		return nil, 0, err
	}
	for _, v := range list {
		if len(v.Users) > 0 || !all && !v.Anonymous() || pass != nil && !pass(v) {
			continue
		}
		size, err := e.VolumeSize(v.Name)
		if err == nil {
			err = e.removeVolume(ctx, v.Name, l)
		}
		if err != nil {
			return removed, freed, err
		}
		removed, freed = append(removed, v.Name), freed+size
	}
	return removed, freed, e.emit("volume", "prune", "", map[string]string{"reclaimed": fmt.Sprint(freed)})
}

// removeAnonymous removes the volumes that nobody has named and only this container has.
func (e *Engine) removeAnonymous(ctx context.Context, r *Record, l explain.Listener) error {
	if !slices.ContainsFunc(r.Request.Mounts, func(m Mount) bool { return m.Volume.Anonymous }) {
		return nil
	}
	unlock, err := e.volumes().Lock()
	if err != nil {
		return err
	}
	defer unlock()
	names, err := e.anonymousOf(r)
	if err != nil {
		return err
	}
	for _, name := range names {
		if err := e.removeVolume(ctx, name, l); err != nil {
			return err
		}
	}
	return nil
}

// anonymousOf lists those volumes.
func (e *Engine) anonymousOf(r *Record) ([]string, error) {
	users, err := e.volumeUsers(r.ID)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, m := range r.Request.Mounts {
		if m.Volume.Anonymous && len(users[m.Source]) == 0 && exists(filepath.Join(e.volumes().Dir, m.Source)) {
			names = append(names, m.Source)
		}
	}
	return names, nil
}

// volumeUsers lists the containers of each volume by name, without one container.
func (e *Engine) volumeUsers(without string) (map[string][]string, error) {
	ids, err := e.ids()
	if err != nil {
		return nil, err
	}
	users := map[string][]string{}
	for _, id := range ids {
		r, err := e.readRecord(id)
		if errors.As(err, new(*NotFound)) || id == without {
			continue // half made, half removed, or not to be counted
		}
		if err != nil {
			return nil, err
		}
		for _, m := range r.Request.Mounts {
			if m.Type == MountVolume && !slices.Contains(users[m.Source], r.Name) {
				users[m.Source] = append(users[m.Source], r.Name)
			}
		}
	}
	return users, nil
}
