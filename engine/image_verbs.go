// This file holds the verbs of images: what storage does, with the containers that use an image known, and noted as an event.
package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"glassbox/explain"
	"glassbox/storage"
)

// Pull makes an image of a registry one of the store.
func (e *Engine) Pull(ctx context.Context, r storage.PullRequest) (storage.Pulled, error) {
	store, err := e.Store()
	if err != nil {
		return storage.Pulled{}, err
	}
	pulled, err := store.Pull(ctx, r)
	if err != nil {
		return pulled, err
	}
	return pulled, e.emitImage("pull", r.Ref.String())
}

// Push copies an image to the registry that its name says, and returns the digest and size of its manifest.
func (e *Engine) Push(ctx context.Context, r storage.PushRequest) (digest string, size int64, err error) {
	store, err := e.Store()
	if err != nil {
		return "", 0, err
	}
	d, err := store.Push(ctx, r)
	if err != nil {
		return "", 0, err
	}
	return d.Digest.String(), d.Size, e.emitImage("push", r.Ref.String())
}

// PushPlan is what Push would do.
func (e *Engine) PushPlan(ctx context.Context, r storage.PushRequest) ([]explain.Step, error) {
	store, err := e.Store()
	if err != nil {
		return nil, err
	}
	return store.PushPlan(ctx, r)
}

// Tag gives an image a further name.
func (e *Engine) Tag(source, target string) error {
	store, err := e.Store()
	if err != nil {
		return err
	}
	if err := store.Tag(source, target); err != nil {
		return err
	}
	return e.emitImage("tag", target)
}

// RemoveImage takes a name from an image, and with the last one the image.
func (e *Engine) RemoveImage(ctx context.Context, r storage.RemoveRequest) (storage.Removed, error) {
	store, err := e.Store()
	if err != nil {
		return storage.Removed{}, err
	}
	r.Users = e.findUsers(ctx)
	done, err := store.Remove(r)
	if err != nil {
		return done, fmt.Errorf("remove image %s: %w", r.Ref, err)
	}
	return done, e.emitRemoved(done)
}

// PruneImagesRequest chooses among the images that no container uses.
type PruneImagesRequest struct {
	All      bool // those with a name, too
	Filters  Filters
	Listener explain.Listener
	Plan     func([]explain.Step) // if not nil, it gets the plan, which is not carried out
}

// PruneImages removes images that no container uses.
func (e *Engine) PruneImages(ctx context.Context, r PruneImagesRequest) (storage.Removed, error) {
	store, err := e.Store()
	if err != nil {
		return storage.Removed{}, err
	}
	pass, err := imagePasses(r.Filters, nil)
	if err != nil {
		return storage.Removed{}, err
	}
	done, err := store.Prune(storage.PruneRequest{All: r.All, Pass: pass, Users: e.findUsers(ctx), Listener: r.Listener, Plan: r.Plan})
	if err != nil {
		return done, fmt.Errorf("prune images: %w", err)
	}
	return done, e.emitRemoved(done)
}

func (e *Engine) emitRemoved(done storage.Removed) error {
	var errs []error
	for _, line := range done.Lines {
		if what, ok := strings.CutPrefix(line, "Untagged: "); ok {
			errs = append(errs, e.emitImage("untag", what))
		}
		if what, ok := strings.CutPrefix(line, "Deleted: "); ok {
			errs = append(errs, e.emitImage("delete", what))
		}
	}
	return errors.Join(errs...)
}

func (e *Engine) emitImage(action, name string) error {
	return e.emit("image", action, storage.Familiar(name), map[string]string{"name": storage.Familiar(name)})
}

// PullPlan is what Pull would do.
func (e *Engine) PullPlan(ctx context.Context, r storage.PullRequest) ([]explain.Step, error) {
	store, err := e.Store()
	if err != nil {
		return nil, err
	}
	return store.PullPlan(ctx, r)
}
