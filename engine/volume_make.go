// This file makes the volumes that a container wants and that are not there. While the container is put into the books and its
// volumes are made, the lock of all volumes is held: nobody can remove one that has a container already. The books come first:
// if this process is killed, its volumes have a container, with which the anonymous ones go.
package engine

import (
	"errors"
	"path/filepath"
	"slices"
	"time"

	"glassbox/explain"
	"glassbox/storage/volume"
)

// enrol puts the container into the books and makes the volumes that are missing.
func (e *Engine) enrol(n *newborn, runner *explain.Runner) error {
	if !wantsVolumes(n.Request) {
		return e.register(n)
	}
	unlock, err := e.volumes().Lock()
	if err != nil {
		return err
	}
	defer unlock()
	if err := e.register(n); err != nil {
		return err
	}
	if err := e.makeVolumes(n.Request, runner, false); err != nil {
		return errors.Join(err, e.disclaim(n.Name, n.ID)) // the directory goes with what else the runner takes back
	}
	return nil
}

// makeAgain makes what was not made, because the command that enrolled the container was killed, or was removed by hand.
func (e *Engine) makeAgain(r Request, runner *explain.Runner) error {
	if !wantsVolumes(r) {
		return nil
	}
	unlock, err := e.volumes().Lock()
	if err != nil {
		return err
	}
	defer unlock()
	return e.makeVolumes(r, runner, true)
}

// makeVolumes makes what is missing. What is to last is not taken back with the start of a container.
func (e *Engine) makeVolumes(r Request, runner *explain.Runner, last bool) error {
	missing, err := e.missingVolumes(r)
	if err != nil {
		return err
	}
	for _, v := range missing {
		plan, err := e.makeVolumePlan(v)
		if err != nil {
			return err
		}
		if last {
			lasting(plan)
		}
		if err := runner.Run(plan...); err != nil {
			return err
		}
		if err := e.emitVolume("create", v.Name); err != nil {
			return err
		}
	}
	return nil
}

// lasting takes their inverses away from ops.
func lasting(plan []explain.Step) {
	for _, s := range plan {
		for i := range s.Ops {
			s.Ops[i] = struct{ explain.Op }{s.Ops[i]}
		}
	}
}

func wantsVolumes(r Request) bool {
	return slices.ContainsFunc(r.Mounts, func(m Mount) bool { return m.Type == MountVolume })
}

// missingVolumes looks up which volumes of a request are not there.
func (e *Engine) missingVolumes(r Request) ([]volume.Volume, error) {
	var missing []volume.Volume
	seen := map[string]bool{}
	for _, m := range r.Mounts {
		if m.Type != MountVolume || seen[m.Source] {
			continue
		}
		seen[m.Source] = true
		_, err := e.volumes().Get(m.Source)
		switch {
		case errors.As(err, new(*volume.NotFound)):
			missing = append(missing, wantedVolume(m))
		case err != nil:
			return nil, err
		}
	}
	return missing, nil
}

// makeVolumesPlan tells what makeVolumes would do.
func (e *Engine) makeVolumesPlan(r Request) ([]explain.Step, error) {
	missing, err := e.missingVolumes(r)
	var plan []explain.Step
	for _, v := range missing {
		steps, stepsErr := e.makeVolumePlan(v)
		plan, err = append(plan, steps...), errors.Join(err, stepsErr)
	}
	return plan, err
}

func (e *Engine) makeVolumePlan(v volume.Volume) ([]explain.Step, error) {
	v.Created = time.Now().UTC()
	return e.volumes().CreatePlan(v, exists(filepath.Join(e.volumes().Dir, v.Name)))
}
