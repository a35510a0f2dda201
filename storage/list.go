// This file lists what is in a store, and says how much room it takes.
package storage

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"
)

// Images lists all images, in the order in which they came, those without a name too. Of their configs they have what lists show: the
// time, the platform, labels and layers. The embedded image is always there.
func (s *Store) Images() ([]Image, error) {
	index, err := s.ensureEmbedded()
	if err != nil {
		return nil, fmt.Errorf("list images: %w", err)
	}
	found := slices.DeleteFunc(index.Manifests, func(d v1.Descriptor) bool { return !d.MediaType.IsImage() })
	list := make([]Image, len(found))
	var group errgroup.Group
	readers := runtime.GOMAXPROCS(0) // more would wait for each other: what they read is in memory as a rule
	for first := range readers {
		group.Go(func() error {
			link := s.linkOnce()
			for i := first; i < len(found); i += readers {
				var err error
				if list[i], err = s.briefly(found[i], link); err != nil {
					return fmt.Errorf("read image %s: %w: remove it with: glassbox rmi %s", nameOr(found[i]), err, nameOr(found[i]))
				}
			}
			return nil
		})
	}
	return list, group.Wait()
}

// briefly is image for lists of many.
func (s *Store) briefly(d v1.Descriptor, link linker) (Image, error) {
	img, parts, err := s.manifest(d)
	if err != nil {
		return img, err
	}
	var config struct {
		Created                   v1.Time
		Architecture, OS, Variant string
		OSVersion                 string   `json:"os.version"`
		OSFeatures                []string `json:"os.features"`
		RootFS                    v1.RootFS
		Config                    struct{ Labels map[string]string }
	}
	if err := s.document(img.ID, &config); err != nil {
		return img, err
	}
	img.Config = v1.ConfigFile{Created: config.Created, Architecture: config.Architecture, OS: config.OS, Variant: config.Variant,
		OSVersion: config.OSVersion, OSFeatures: config.OSFeatures, RootFS: config.RootFS, Config: v1.Config{Labels: config.Config.Labels}}
	img.Layers, err = s.layers(parts.Layers, config.RootFS.DiffIDs, link)
	return img, err
}

// linkOnce is link with a memory, for layers that many images share. For one goroutine.
func (s *Store) linkOnce() linker {
	type answer struct {
		path  string
		there bool
	}
	known := map[v1.Hash]answer{}
	return func(chain v1.Hash) (string, bool, error) {
		if a, ok := known[chain]; ok {
			return a.path, a.there, nil
		}
		path, there, err := s.link(chain)
		if err == nil {
			known[chain] = answer{path, there}
		}
		return path, there, err
	}
}

func nameOr(d v1.Descriptor) string {
	if name := nameOf(d); name != "" {
		return name
	}
	return d.Digest.String()
}

// Sizes remembers how much room layers take, so that one which many images share is looked at once.
type Sizes struct {
	store *Store
	known map[v1.Hash]int64
}

// Sizes begins to measure.
func (s *Store) Sizes() Sizes { return Sizes{s, map[v1.Hash]int64{}} }

// Image is the sum of an image's layers, as far as they are unpacked on the disk, otherwise of the archives.
func (z Sizes) Image(img Image) (int64, error) {
	var sum int64
	for _, l := range img.Layers {
		size, err := z.Layer(l)
		if err != nil {
			return 0, err
		}
		sum += size
	}
	return sum, nil
}

// Layer is what du says of a layer's folder. Layers do not change, so it is noted beside the folder.
func (z Sizes) Layer(l Layer) (int64, error) {
	if !l.Unpacked {
		return l.Size, nil
	}
	if size, ok := z.known[l.ChainID]; ok {
		return size, nil
	}
	note := z.store.path("layers", l.ChainID.Hex, "size")
	text, err := os.ReadFile(note)
	size, badErr := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	if err != nil || badErr != nil {
		if size, err = usage(z.store.path("layers", l.ChainID.Hex, "fs")); err != nil {
			return 0, fmt.Errorf("measure layer %s: %w", l.ChainID, err)
		}
		// Who may not write measures again the next time.
		_ = os.WriteFile(note, fmt.Appendln(nil, size), 0o644)
	}
	z.known[l.ChainID] = size
	return size, nil
}

// usage is du: the blocks of all files, those with several names once.
func usage(dir string) (int64, error) {
	var sum int64
	seen := map[uint64]bool{}
	err := filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		st, ok := info.Sys().(*syscall.Stat_t)
		if !ok || st.Nlink > 1 && !e.IsDir() && seen[st.Ino] {
			return nil
		}
		seen[st.Ino] = true
		sum += st.Blocks * 512
		return nil
	})
	return sum, err
}

// LayerOwners counts how many images have each layer, by its chainID.
func LayerOwners(list []Image) map[string]int {
	owners := map[string]int{}
	counted := map[v1.Hash]bool{}
	for _, img := range list {
		if counted[img.ID] { // the same image by another name
			continue
		}
		counted[img.ID] = true
		for _, l := range img.Layers {
			owners[l.ChainID.String()]++
		}
	}
	return owners
}

// BlobBytes is how much the blobs take: manifests, configs and compressed layers.
func (s *Store) BlobBytes() (int64, error) { return usage(s.path("blobs")) }
