// This file makes a container that does not run yet: a record, a name, and folders for its files. All of it lies below one
// directory (and one link), so what a crash leaves here is found by having no record, and removed by removing the directory.
package engine

import (
	"context"
	"errors"
	"maps"
	"path"
	"runtime"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/network"
	"glassbox/storage"
)

// newborn is a container that is being made. Its directory stays locked until it is complete.
type newborn struct {
	*Record
	image  storage.Image
	spec   *specs.Spec // of the start that is under way
	size   *specs.Box  // of the caller's terminal, where it is known
	story  explain.Record
	unlock func()

	oldCables []string // the kernel has not deleted these, of the last run, yet
	bare      string   // the file of a mount namespace to begin with; empty: the host's
	missing   []string // host directories that are to be shown inside and are not there
}

// Create makes a container and returns its id.
func (e *Engine) Create(ctx context.Context, r Request, l explain.Listener) (string, error) {
	n, err := e.create(ctx, e.newID(), r, l)
	if err != nil {
		return "", err
	}
	defer n.unlock()
	return n.ID, writeStory(e.dir(n.ID, storyFile), n.story.Story)
}

// create makes nothing if something is wrong with the request.
func (e *Engine) create(ctx context.Context, id string, r Request, l explain.Listener) (*newborn, error) {
	release, err := e.useImages()
	if err != nil {
		return nil, err
	}
	defer release()
	r, image, err := e.check(r)
	if err != nil {
		return nil, err
	}
	if r.Platform == "" {
		e.warnOfPlatform(image)
	}
	n := &newborn{image: image, Record: &Record{
		ID: id, Created: time.Now().UTC(), ImageID: image.ID.String(), Request: r,
	}}
	if len(image.Config.Config.Labels) > 0 {
		n.Labels = maps.Clone(image.Config.Config.Labels)
		maps.Copy(n.Labels, r.Labels)
	}
	if n.Args, err = commandLine(r, image.Config.Config); err != nil {
		return nil, err
	}
	if n.StopSignal, err = stopSignal(r, image.Config.Config.StopSignal); err != nil {
		return nil, err
	}
	runner := &explain.Runner{Listener: explain.All(l, &n.story, quitWith(ctx))}
	if err := e.carryOut(n, runner); err != nil {
		return nil, errors.Join(interrupted(ctx, err), runner.Rollback())
	}
	return n, nil
}

// carryOut locks the directory as soon as there is one, so that nobody takes what is under way for a leak.
func (e *Engine) carryOut(n *newborn, runner *explain.Runner) error {
	plan := e.createPlan(n.ID, n.image)
	if err := runner.Run(plan[0]); err != nil {
		return err
	}
	unlock, err := lockDir(e.dir(n.ID))
	if err != nil {
		return err
	}
	if err = runner.Run(plan[1:]...); err == nil {
		err = e.enrol(n, runner)
	}
	if err != nil {
		unlock()
		return err
	}
	n.unlock = unlock
	return nil
}

// register puts the container into the books.
func (e *Engine) register(n *newborn) error {
	var err error
	if n.Name, err = e.claimName(n.Request.Name, n.ID); err != nil {
		return err
	}
	if err := e.writeRecord(n.Record); err != nil {
		return errors.Join(err, e.disclaim(n.Name, n.ID))
	}
	return e.emitContainer(n.Record, "create", nil)
}

// check finds what is wrong with a request before anything is made. It returns the request with the names in it looked up.
func (e *Engine) check(r Request) (Request, storage.Image, error) {
	if err := e.checkFree(r.Name); err != nil {
		return r, storage.Image{}, err
	}
	if err := e.checkAttachments(r); err != nil {
		return r, storage.Image{}, err
	}
	if err := checkUpkeep(r); err != nil {
		return r, storage.Image{}, err
	}
	r, err := e.namespacesKnown(r)
	if err == nil {
		r, err = e.joined(r)
	}
	if err != nil {
		return r, storage.Image{}, err
	}
	store, err := e.Store()
	if err != nil {
		return r, storage.Image{}, err
	}
	image, err := store.Image(r.Image)
	if err == nil {
		err = store.CanUnpack(image)
	}
	if err != nil {
		return r, image, err
	}
	if r.Limits, err = e.honoured(r.Limits, r.CgroupParent); err != nil {
		return r, image, err
	}
	if r, err = e.withMounts(r, store, image); err != nil {
		return r, image, err
	}
	if r.Limits.Disk, err = r.Limits.Disk.found(); err != nil {
		return r, image, err
	}
	place, err := e.place("", r, Account{})
	if err != nil {
		return r, image, err
	}
	_, err = Spec(r, image.Config.Config, place)
	return r, image, err
}

// createPlan makes the container's directory and in it the folders for its files. The layers are stacked on them when it starts.
func (e *Engine) createPlan(id string, image storage.Image) []explain.Step {
	folders, _ := e.storagePlan(id, image, false)
	return append([]explain.Step{
		explain.Say("Make the container's directory", "its record, log and files live in one place; mkdir refuses an id that is taken", "03",
			kernel.EnsureDir{Path: e.Root + "/containers", Mode: 0o711},
			kernel.EnsureDir{Path: e.Root + "/names", Mode: 0o700},
			// Nobody but root may pass: in there lie programs that are setuid, of whatever image.
			kernel.Mkdir{Path: e.dir(id), Mode: 0o710}).Kept("there would be no place for the container"),
	}, folders...)
}

// storagePlan cuts storage's plan in two: folders are made once, the mount, its last step, at every start. A container that is
// removed when it ends (passing) need not have its files written to the disk at that moment.
func (e *Engine) storagePlan(id string, image storage.Image, passing bool) (folders, mount []explain.Step) {
	dirs := e.files(id)
	dirs.Volatile = passing
	plan := storage.MountPlan(image, dirs)
	return plan[:len(plan)-1], plan[len(plan)-1:]
}

// place gathers the facts about this machine that a spec depends on.
func (e *Engine) place(id string, r Request, account Account) (Place, error) {
	p := Place{
		ID: id, Rootfs: e.files(id).Merged, Etc: e.live(id), CgroupPath: path.Join("/", orElse(r.CgroupParent, cgroupParent), id),
		Volumes: e.volumes().Dir, Parts: e.live(id), Processors: runtime.NumCPU(), Account: account,
	}
	mode, err := networkMode(r)
	if err != nil {
		return p, err
	}
	if mode != network.ModeHost {
		p.NetNS = e.netns(id)
	}
	owner, err := e.networkOwner(r)
	if err == nil && owner != nil {
		err = e.joinPlace(&p, owner)
	}
	if err != nil {
		return p, err
	}
	if id != "" { // what it joins has to run only when it starts
		if p.Joins, err = e.joins(id, r); err != nil {
			return p, err
		}
	}
	p.Rights = hostCapabilities()
	return p, nil
}

// quitWith is a listener that wants no more steps once ctx has ended.
func quitWith(ctx context.Context) explain.Listener {
	return explain.ListenerFunc(func(explain.Event) explain.Answer {
		if ctx.Err() != nil {
			return explain.Quit
		}
		return explain.Go
	})
}

// interrupted replaces an error by the reason why ctx has ended, if it has.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
