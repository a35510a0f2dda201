// This file finds what was left behind of volumes: half-made directories, notes of users that do not run, and volumes that are
// mounted and that nobody uses.
package engine

import (
	"errors"
	"path/filepath"

	"glassbox/kernel"
)

// strayVolumes lists the notes first: a volume can be unmounted when its last user is gone.
func (e *Engine) strayVolumes(o owners) ([]Leak, error) {
	if len(o.damaged) > 0 {
		return nil, nil // nobody knows what that container needs
	}
	leaks, err := e.strayNotes(o)
	if err != nil {
		return nil, err
	}
	mounted, err := e.mountedVolumes()
	if err != nil {
		return nil, err
	}
	for _, name := range mounted {
		users, err := names(e.useNote(name))
		if err != nil {
			return nil, err
		}
		living := 0
		for _, id := range users {
			if o.ours(id) {
				living++
			}
		}
		if living == 0 {
			data := e.volumes().Data(name)
			leaks = append(leaks, Leak{Kind: "mounted volume", Object: data, Why: "no container that runs uses it",
				Remedy: kernel.Unmount{Target: data}.Shell(), fix: kernel.LeaveMount{Note: e.useNote(name, "nobody"), Target: data}.Do})
		}
	}
	half, err := e.halfMadeVolumes()
	return append(leaks, half...), err
}

func (e *Engine) strayNotes(o owners) ([]Leak, error) {
	volumes, err := names(e.useNote(""))
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, name := range volumes {
		ids, err := names(e.useNote(name))
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			if !o.ours(id) {
				leaks = append(leaks, strayed("note of a volume", e.useNote(name, id), "container "+ShortID(id)+" does not run",
					kernel.Remove{Path: e.useNote(name, id)}))
			}
		}
	}
	return leaks, nil
}

// halfMadeVolumes have no description: the command that made or removed them was killed. One that is at it now holds the lock.
func (e *Engine) halfMadeVolumes() ([]Leak, error) {
	_, half, err := e.volumes().List()
	if err != nil || len(half) == 0 {
		return nil, err
	}
	unlock, err := tryLockDir(e.volumes().Dir)
	if errors.Is(err, errBusy) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer unlock()
	if _, half, err = e.volumes().List(); err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, name := range half {
		leaks = append(leaks, strayed("directory", filepath.Join(e.volumes().Dir, name), "it is no complete volume",
			kernel.RemoveTree{Path: filepath.Join(e.volumes().Dir, name)}))
	}
	return leaks, nil
}
