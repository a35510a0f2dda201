// This file finds what no image needs: blobs, folders of layers, parts of downloads. Rule: what a name, an image that containers
// use, or somebody who holds the store (a pull in flight) needs is never found.
package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/docker/go-units"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

// Garbage is what can go.
type Garbage struct {
	Folders []string // of layers
	Files   []string // blobs, short names, parts of downloads, temporary files
	Layers  []string // the chainIDs, for people
	Bytes   int64
}

// Empty says that there is none.
func (g Garbage) Empty() bool { return len(g.Folders)+len(g.Files) == 0 }

// steps delete the short names first: without one nobody takes a folder for complete.
func (g Garbage) steps() []explain.Step {
	var files, folders []explain.Op
	for _, path := range g.Files {
		files = append(files, kernel.Remove{Path: path})
	}
	for _, path := range g.Folders {
		folders = append(folders, kernel.RemoveTree{Path: path})
	}
	var plan []explain.Step
	if len(files) > 0 {
		plan = append(plan, explain.Say("Delete blobs that no image needs", "blobs are shared, so one goes when no manifest names it any more", "07", files...))
	}
	if len(folders) > 0 {
		plan = append(plan, explain.Say("Delete folders that no image needs", "an unpacked layer is shared by images and containers; these have neither", "07", folders...))
	}
	return plan
}

// needed is what must stay.
type needed struct {
	blobs  map[string]bool // by their hexadecimal digits
	layers map[string]bool // by their chainIDs
}

// Garbage finds what can go. used are the ids of images that containers use.
func (s *Store) Garbage(used []string) (g Garbage, err error) {
	unlock, err := lock(s.root)
	if err != nil {
		return g, err
	}
	defer unlock()
	index, err := s.index()
	if err != nil {
		return g, err
	}
	err = s.collect(index, used, func(found Garbage) error {
		g = found
		return nil
	})
	return g, err
}

// collect finds what can go once index.json is as given. While somebody holds the store nothing can: the next one to ask will
// find it. Needs the lock of the store.
func (s *Store) collect(index v1.IndexManifest, used []string, do func(Garbage) error) error {
	var g Garbage
	release, err := flock(s.path("blobs"), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return do(g)
	}
	if err != nil {
		return err
	}
	defer release()
	n, err := s.needed(index, used)
	if err != nil {
		return err
	}
	for _, find := range []func(needed, *Garbage) error{s.staleLinks, s.staleLayers, s.staleBlobs, s.staleParts} {
		if err := find(n, &g); err != nil {
			return err
		}
	}
	return do(g)
}

// needed is the mark of mark and sweep: it follows every name to manifest, config and layers. LESSON: garbage
func (s *Store) needed(index v1.IndexManifest, used []string) (needed, error) {
	n := needed{map[string]bool{}, map[string]bool{}}
	for _, d := range index.Manifests {
		n.blobs[d.Digest.Hex], n.blobs[remote(d).Hex] = true, true
		if !d.MediaType.IsImage() {
			if err := s.indexNeeds(d, n); err != nil {
				return n, err
			}
			continue
		}
		img, err := s.image(d)
		if err != nil {
			return n, fmt.Errorf("find out what %s needs: %w: remove it first, with: glassbox rmi %s", nameOr(d), err, nameOr(d))
		}
		n.image(img)
	}
	for _, id := range used {
		h, err := v1.NewHash(id)
		if err != nil || n.blobs[h.Hex] {
			continue
		}
		// Somebody took the image out of index.json while a container uses it.
		img := Image{ID: h}
		if err := s.document(h, &img.Config); err != nil {
			continue // its files go with the container
		}
		n.image(img)
	}
	return n, nil
}

func (n needed) image(img Image) {
	n.blobs[img.ID.Hex] = true
	for _, l := range img.Layers {
		n.blobs[l.Digest.Hex] = true
	}
	var chain v1.Hash
	for _, diffID := range img.Config.RootFS.DiffIDs {
		chain = chainID(chain, diffID)
		n.layers[chain.Hex] = true
	}
}

// indexNeeds keeps what other programs have put here: an index of several platforms.
func (s *Store) indexNeeds(d v1.Descriptor, n needed) error {
	var inner v1.IndexManifest
	if !d.MediaType.IsIndex() || !s.has(d.Digest) {
		return nil
	}
	if err := s.document(d.Digest, &inner); err != nil {
		return err
	}
	for i := 0; i < len(inner.Manifests); i++ {
		if !s.has(inner.Manifests[i].Digest) { // of another platform, and never copied
			inner.Manifests = append(inner.Manifests[:i], inner.Manifests[i+1:]...)
			i--
		}
	}
	more, err := s.needed(inner, nil)
	for hex := range more.blobs {
		n.blobs[hex] = true
	}
	for hex := range more.layers {
		n.layers[hex] = true
	}
	return err
}

func (s *Store) staleLinks(n needed, g *Garbage) error {
	return eachIn(s.path("l"), func(path string, _ fs.FileInfo) error {
		target, err := os.Readlink(path)
		if chain := filepath.Base(filepath.Dir(target)); err == nil && !n.layers[chain] {
			g.Files = append(g.Files, path)
		}
		return err
	})
}

func (s *Store) staleLayers(n needed, g *Garbage) error {
	return eachIn(s.path("layers"), func(path string, info fs.FileInfo) error {
		if n.layers[info.Name()] {
			return nil
		}
		size, err := usage(path)
		g.Folders, g.Layers, g.Bytes = append(g.Folders, path), append(g.Layers, "sha256:"+info.Name()), g.Bytes+size
		return err
	})
}

func (s *Store) staleBlobs(n needed, g *Garbage) error {
	return eachIn(s.path("blobs", "sha256"), func(path string, info fs.FileInfo) error {
		if !n.blobs[info.Name()] {
			g.Files, g.Bytes = append(g.Files, path), g.Bytes+info.Size()
		}
		return nil
	})
}

// staleParts are all that there are: nobody holds the store, so nobody downloads or writes.
func (s *Store) staleParts(_ needed, g *Garbage) error {
	for _, dir := range []string{"partial", "tmp"} {
		err := eachIn(s.path(dir), func(path string, info fs.FileInfo) error {
			if strings.HasPrefix(info.Name(), "blob") || dir == "partial" {
				g.Files, g.Bytes = append(g.Files, path), g.Bytes+info.Size()
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func eachIn(dir string, do func(path string, info fs.FileInfo) error) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = do(filepath.Join(dir, e.Name()), info)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// String says how much there is.
func (g Garbage) String() string {
	return fmt.Sprintf("%d files and %d folders that no image needs, with %s", len(g.Files), len(g.Folders), units.HumanSize(float64(g.Bytes)))
}
