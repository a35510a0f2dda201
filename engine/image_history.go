// This file tells how an image came to be, in the type of Docker's API.
package engine

import (
	"context"
	"fmt"
	"slices"

	api "github.com/moby/moby/api/types/image"

	"glassbox/storage"
)

// ImageHistory returns the steps in which an image was made, the newest first, as its builder has noted them.
func (e *Engine) ImageHistory(_ context.Context, ref string) ([]api.HistoryResponseItem, error) {
	store, img, err := e.findImage(ref)
	if err != nil {
		return nil, err
	}
	list, err := historyOf(img, store.Sizes())
	if err != nil {
		return nil, fmt.Errorf("tell the history of image %s: %w", ref, err)
	}
	if len(list) == 0 {
		return list, nil
	}
	entries, err := store.Names(img.ID)
	list[0].ID = img.ID.String()
	for _, entry := range entries {
		if entry.Name != "" {
			list[0].Tags = append(list[0].Tags, entry.Name)
		}
	}
	return list, err
}

// historyOf: steps marked as empty have changed the config alone; each other step is one layer. Of the images before this one, only
// their traces are known.
func historyOf(img storage.Image, sizes storage.Sizes) ([]api.HistoryResponseItem, error) {
	list, layers := []api.HistoryResponseItem{}, img.Layers
	for _, h := range img.Config.History {
		item := api.HistoryResponseItem{ID: "<missing>", Created: h.Created.Unix(), CreatedBy: h.CreatedBy, Comment: h.Comment}
		if !h.EmptyLayer && len(layers) > 0 {
			var err error
			if item.Size, err = sizes.Layer(layers[0]); err != nil {
				return nil, err
			}
			layers = layers[1:]
		}
		list = append(list, item)
	}
	slices.Reverse(list)
	return list, nil
}
