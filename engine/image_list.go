// This file lists images, for `glassbox images`, in the type of Docker's API.
package engine

import (
	"context"
	"fmt"
	"slices"

	api "github.com/moby/moby/api/types/image"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"glassbox/storage"
)

// ImagesRequest chooses images.
type ImagesRequest struct {
	Filters Filters
}

// notMeasured is what Docker's API says in place of a number that nobody has asked for.
const notMeasured = -1

// Images returns the images, the newest first, each once with those of its names that pass.
func (e *Engine) Images(_ context.Context, r ImagesRequest) ([]api.Summary, error) {
	store, err := e.Store()
	if err != nil {
		return nil, err
	}
	entries, err := store.Images()
	if err != nil {
		return nil, err
	}
	pass, err := imagePasses(r.Filters, entries)
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(entries, func(a, b storage.Image) int { return b.Config.Created.Compare(a.Config.Created.Time) })
	sizes := store.Sizes()
	list, places := []api.Summary{}, map[string]int{}
	for _, entry := range entries {
		if !pass(entry) {
			continue
		}
		id := entry.ID.String()
		if _, known := places[id]; !known {
			size, err := sizes.Image(entry)
			if err != nil {
				return nil, fmt.Errorf("list images: %w", err)
			}
			places[id] = len(list)
			list = append(list, summaryOf(entry, size))
		}
		s := &list[places[id]]
		addNames(entry, &s.RepoTags, &s.RepoDigests)
	}
	return list, nil
}

func summaryOf(img storage.Image, size int64) api.Summary {
	return api.Summary{
		ID: img.ID.String(), Created: img.Config.Created.Unix(), Labels: img.Config.Config.Labels, Size: size, Descriptor: descriptorOf(img),
		Containers: notMeasured, SharedSize: notMeasured, RepoTags: []string{}, RepoDigests: []string{},
	}
}

// descriptorOf is what the store's index says of an image: where its manifest is.
func descriptorOf(img storage.Image) *ocispec.Descriptor {
	return &ocispec.Descriptor{MediaType: string(img.MediaType), Digest: digest.Digest(img.Digest.String()), Size: img.ManifestSize}
}

// addNames adds what an image is called in one entry of the store: its name, and the digest by which a registry has it.
func addNames(entry storage.Image, tags, digests *[]string) {
	if entry.Name != "" {
		*tags = append(*tags, entry.Name)
	}
	if entry.Family == "" {
		return
	}
	if d := entry.Family + "@" + entry.Remote.String(); !slices.Contains(*digests, d) {
		*digests = append(*digests, d)
	}
}
