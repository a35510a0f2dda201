// This file removes images: first names, then what no image needs any more.
package storage

import (
	"encoding/json"
	"fmt"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/storage/box"
)

// Users are the containers of an image.
type Users struct {
	Running, Stopped []string // their ids
}

// FindUsers finds the containers of each image, by its id. It is called when none can be added any more. Nil: there are none.
type FindUsers func() (map[string]Users, error)

// RemoveRequest says which image is to go.
type RemoveRequest struct {
	Ref      string
	Force    bool
	Users    FindUsers
	Listener explain.Listener
	Plan     func([]explain.Step) // if not nil, it gets the plan, which is not carried out
}

// Removed is what happened, in Docker's words.
type Removed struct {
	Lines []string // "Untagged: …", "Deleted: …"
	Bytes int64
}

// Remove takes a name away, and with the last one the image.
func (s *Store) Remove(r RemoveRequest) (Removed, error) {
	return s.change(r.Users, r.Listener, r.Plan, func(index v1.IndexManifest, users map[string]Users) (func(v1.Descriptor) bool, error) {
		return s.chosen(index, r, users)
	})
}

// PruneRequest says which images may go.
type PruneRequest struct {
	All      bool             // those with a name that no container uses, too
	Pass     func(Image) bool // a filter
	Users    FindUsers
	Listener explain.Listener
	Plan     func([]explain.Step)
}

// Prune removes images that nobody uses.
func (s *Store) Prune(r PruneRequest) (Removed, error) {
	return s.change(r.Users, r.Listener, r.Plan, func(_ v1.IndexManifest, users map[string]Users) (func(v1.Descriptor) bool, error) {
		return func(d v1.Descriptor) bool {
			if nameOf(d) == box.Name || nameOf(d) != "" && !r.All || !d.MediaType.IsImage() {
				return false
			}
			img, err := s.image(d)
			return err == nil && len(users[img.ID.String()].all()) == 0 && r.Pass(img)
		}, nil
	})
}

func (u Users) all() []string { return slices.Concat(u.Running, u.Stopped) }

// change takes entries out of index.json and deletes what is left over then, all under the lock of the store, and while nobody
// makes a container.
func (s *Store) change(find FindUsers, l explain.Listener, tell func([]explain.Step),
	choose func(v1.IndexManifest, map[string]Users) (func(v1.Descriptor) bool, error)) (done Removed, err error) {
	release, err := s.noNewUsers()
	if err != nil {
		return done, err
	}
	defer release()
	var users map[string]Users
	if find != nil {
		if users, err = find(); err != nil {
			return done, err
		}
	}
	unlock, err := lock(s.root)
	if err != nil {
		return done, err
	}
	defer unlock()
	index, err := s.index()
	if err != nil {
		return done, err
	}
	goes, err := choose(index, users)
	if err != nil {
		return done, err
	}
	next := s.without(index, users, goes, &done)
	var used []string
	for id := range users {
		used = append(used, id)
	}
	err = s.collect(next, used, func(g Garbage) error {
		plan := g.steps()
		if len(done.Lines) > 0 {
			plan = append([]explain.Step{explain.Say("Take the names away", "without an entry in index.json nobody finds the image, and its blobs may go", "07",
				SetNames{store: s, Index: next}).Kept("the names would lead to nothing")}, plan...)
		}
		if tell != nil {
			tell(plan)
			return nil
		}
		for _, chain := range g.Layers {
			done.Lines = append(done.Lines, "Deleted: "+chain)
		}
		done.Bytes = g.Bytes
		return (&explain.Runner{Listener: l}).Run(plan...)
	})
	return done, err
}

// without is the index as it will be. The last entry of an image that a container uses stays, without a name.
func (s *Store) without(index v1.IndexManifest, users map[string]Users, goes func(v1.Descriptor) bool, done *Removed) v1.IndexManifest {
	next := index
	next.Manifests = nil
	var last []v1.Descriptor
	for _, d := range index.Manifests {
		if !goes(d) {
			next.Manifests = append(next.Manifests, d)
			continue
		}
		if name := nameOf(d); name != "" {
			done.Lines = append(done.Lines, "Untagged: "+name)
		}
		last = append(last, d)
	}
	deleted := map[v1.Hash]bool{}
	for _, d := range last {
		id := s.idOf(d)
		left := slices.ContainsFunc(next.Manifests, func(other v1.Descriptor) bool { return s.idOf(other) == id })
		switch {
		case left || deleted[id]:
		case len(users[id.String()].all()) > 0:
			next.Manifests = append(next.Manifests, unnamed(d))
		default:
			deleted[id] = true
			done.Lines = append(done.Lines, "Deleted: "+id.String())
		}
	}
	if next.Manifests == nil {
		next.Manifests = []v1.Descriptor{}
	}
	return next
}

// idOf is the id of the image behind a descriptor; if it can not be read, the manifest's digest stands for it.
func (s *Store) idOf(d v1.Descriptor) v1.Hash {
	var parts v1.Manifest
	if !d.MediaType.IsImage() || s.document(d.Digest, &parts) != nil {
		return d.Digest
	}
	return parts.Config.Digest
}

// chosen finds the entries that a request means, and refuses as Docker does.
func (s *Store) chosen(index v1.IndexManifest, r RemoveRequest, users map[string]Users) (func(v1.Descriptor) bool, error) {
	if err := checkReference(r.Ref); err != nil {
		return nil, err
	}
	d, err := s.find(index, r.Ref)
	if err != nil {
		return nil, err
	}
	id := s.idOf(d)
	var names []string
	for _, other := range index.Manifests {
		if name := nameOf(other); name != "" && s.idOf(other) == id {
			names = append(names, name)
		}
	}
	if name := Familiar(r.Ref); slices.Contains(names, name) {
		goes := func(other v1.Descriptor) bool { return nameOf(other) == name }
		if len(names) > 1 {
			return goes, nil
		}
		if users := users[id.String()].all(); len(users) > 0 && !r.Force {
			return nil, fmt.Errorf("conflict: unable to remove repository reference %q (must force) - container %s is using its referenced image %s",
				r.Ref, users[0][:12], id.Hex[:12])
		}
		return func(other v1.Descriptor) bool { return s.idOf(other) == id }, nil
	}
	return func(other v1.Descriptor) bool { return s.idOf(other) == id }, refuse(r, id.Hex[:12], users[id.String()], len(names))
}

// refuse says why an image can not be removed by its id.
func refuse(r RemoveRequest, id string, users Users, names int) error {
	switch {
	case len(users.Running) > 0:
		return fmt.Errorf("conflict: unable to delete %s (cannot be forced) - image is being used by running container %s", id, users.Running[0][:12])
	case len(users.Stopped) > 0 && !r.Force:
		return fmt.Errorf("conflict: unable to delete %s (must be forced) - image is being used by stopped container %s", id, users.Stopped[0][:12])
	case names > 1 && !r.Force:
		return fmt.Errorf("conflict: unable to delete %s (must be forced) - image is referenced in multiple repositories", id)
	}
	return nil
}

// SetNames is the op that writes index.json anew. Needs the lock of the store.
type SetNames struct {
	Index v1.IndexManifest
	store *Store
}

func (n SetNames) Do() error { return n.store.writeIndex(n.Index) }
func (n SetNames) Call() string {
	return fmt.Sprintf("rename(\"index.json.new\", %q) with %d entries", n.store.path("index.json"), len(n.Index.Manifests))
}
func (n SetNames) Shell() string {
	text, err := json.Marshal(n.Index)
	if err != nil {
		return "# " + err.Error()
	}
	return "printf %s " + kernel.Quote(string(text)) + " > " + kernel.Quote(n.store.path("index.json"))
}

// Count is how many there are.
func (u Users) Count() int { return len(u.all()) }
