// This file holds what images and containers have to do with each other: which image is used by which container.
package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"

	"glassbox/engine/shim/wire"
	"glassbox/storage"
)

// ImageUsers finds the containers of each image, by the image's id.
func (e *Engine) ImageUsers(ctx context.Context) (map[string]storage.Users, error) {
	ids, err := e.ids()
	if err != nil {
		return nil, err
	}
	users := map[string]storage.Users{}
	for _, id := range ids {
		r, err := e.readRecord(id)
		if errors.As(err, new(*NotFound)) {
			continue // being made or removed at this moment
		}
		if err != nil {
			return nil, err
		}
		status, err := e.status(id)
		if err != nil {
			return nil, err
		}
		for _, image := range imagesOf(r) {
			u := users[image]
			if status.State == wire.Running {
				u.Running = append(u.Running, id)
			} else {
				u.Stopped = append(u.Stopped, id)
			}
			users[image] = u
		}
	}
	return users, nil
}

func (e *Engine) findUsers(ctx context.Context) storage.FindUsers {
	return func() (map[string]storage.Users, error) { return e.ImageUsers(ctx) }
}

// useImages keeps the image of a container that is being made from being removed, until its record says that it is used.
func (e *Engine) useImages() (release func(), err error) {
	store, err := e.Store()
	if err != nil {
		return nil, err
	}
	return store.UseImages()
}

// warnOfPlatform: the programs in an image for another processor can not be executed.
func (e *Engine) warnOfPlatform(image storage.Image) {
	if have := image.Config.Architecture; e.Warn != nil && have != "" && have != runtime.GOARCH {
		e.Warn(fmt.Sprintf("The requested image's platform (%s) does not match the detected host platform (linux/%s) and no specific platform was requested",
			image.Config.Platform(), runtime.GOARCH))
	}
}

// strayBlobs are what a pull, a load or a build that was killed has left in the store.
func (e *Engine) strayBlobs(o owners) ([]Leak, error) {
	if len(o.damaged) > 0 {
		return nil, nil // nobody knows what that container needs
	}
	store, err := e.Store()
	if err != nil {
		return nil, err
	}
	users, err := e.ImageUsers(context.Background())
	if err != nil {
		return nil, err
	}
	used := slices.Collect(maps.Keys(users))
	garbage, err := store.Garbage(used)
	if err != nil || garbage.Empty() {
		return nil, err
	}
	return []Leak{{
		Kind: "image store", Object: e.Root, Why: garbage.String(), Remedy: "glassbox image prune",
		fix: func() error {
			_, err := store.Prune(storage.PruneRequest{Users: e.findUsers(context.Background()), Pass: func(storage.Image) bool { return false }})
			return err
		},
	}}, nil
}

// findImage opens the store that has the image.
func (e *Engine) findImage(ref string) (*storage.Store, storage.Image, error) {
	store, err := e.Store()
	if err != nil {
		return nil, storage.Image{}, err
	}
	img, err := store.Image(ref)
	return store, img, err
}
