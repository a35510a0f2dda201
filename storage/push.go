// This file pushes an image: what the registry lacks of its blobs, then its manifest. Blobs that another repository of the same
// registry has are not sent: the registry takes them from there.
package storage

import (
	"context"
	"fmt"
	"os"
	"slices"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"glassbox/storage/registry"
)

// PushRequest says which image is to go where its name says.
type PushRequest struct {
	Ref        Reference
	Registries registry.Config
	Hear       func(Message) // called from several goroutines
}

// push is an image on its way out.
type push struct {
	PushRequest
	store  *Store
	to     *registry.Repository
	others []neighbour
}

// neighbour is another repository of the same registry, which may have these blobs.
type neighbour struct {
	repository string
	blobs      []v1.Hash
}

// Push copies an image to the registry that its name says.
func (s *Store) Push(ctx context.Context, r PushRequest) (v1.Descriptor, error) {
	if r.Hear == nil {
		r.Hear = func(Message) {}
	}
	release, err := s.hold()
	if err != nil {
		return v1.Descriptor{}, err
	}
	defer release()
	d, err := s.push(ctx, r)
	if err != nil {
		return d, fmt.Errorf("push %s: %w", r.Ref.Family(), err)
	}
	return d, nil
}

func (s *Store) push(ctx context.Context, r PushRequest) (v1.Descriptor, error) {
	index, err := s.index()
	if err != nil {
		return v1.Descriptor{}, err
	}
	d, err := s.find(index, r.Ref.Family()+":"+r.Ref.Tag)
	if err != nil {
		return v1.Descriptor{}, err
	}
	p := push{PushRequest: r, store: s, others: s.neighbours(index, r.Ref)}
	var from []string
	for _, n := range p.others {
		from = append(from, n.repository)
	}
	if p.to, err = registry.Open(ctx, r.Registries, r.Ref.Registry, r.Ref.Repository, true, from...); err != nil {
		return d, err
	}
	p.Hear(Message{Status: "The push refers to repository [" + r.Ref.Registry + "/" + r.Ref.Repository + "]"})
	manifest, err := s.read(d.Digest)
	if err != nil {
		return d, err
	}
	var parts v1.Manifest
	if err := s.document(d.Digest, &parts); err != nil {
		return d, err
	}
	if err := p.blobs(ctx, append(parts.Layers, parts.Config)); err != nil {
		return d, err
	}
	return d, p.to.PutManifest(ctx, registry.Document{Descriptor: d, Bytes: manifest}, r.Ref.Tag)
}

func (s *Store) neighbours(index v1.IndexManifest, to Reference) []neighbour {
	var found []neighbour
	for _, d := range index.Manifests {
		r, err := ParseReference(nameOf(d))
		if err != nil || r.Registry != to.Registry || r.Repository == to.Repository {
			continue
		}
		var parts v1.Manifest
		if s.document(d.Digest, &parts) != nil {
			continue // damaged: then it is no help
		}
		n := neighbour{repository: r.Repository}
		for _, l := range parts.Layers {
			n.blobs = append(n.blobs, l.Digest)
		}
		found = append(found, n)
	}
	return found
}

func (p push) blobs(ctx context.Context, blobs []v1.Descriptor) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(fetchers)
	sent := map[v1.Hash]bool{} // an image may have the same layer twice
	for _, b := range blobs {
		if sent[b.Digest] {
			continue
		}
		sent[b.Digest] = true
		group.Go(func() error {
			status, err := p.blob(ctx, b)
			if err == nil && b.MediaType.IsLayer() {
				p.Hear(Message{ID: b.Digest.Hex[:12], Status: status})
			}
			return err
		})
	}
	return group.Wait()
}

// blob sends one blob, if nothing better is to be done.
func (p push) blob(ctx context.Context, b v1.Descriptor) (status string, err error) {
	there, err := p.to.Has(ctx, b.Digest)
	if there || err != nil {
		return "Layer already exists", err
	}
	from := ""
	if i := slices.IndexFunc(p.others, func(n neighbour) bool { return slices.Contains(n.blobs, b.Digest) }); i >= 0 {
		from = p.others[i].repository
	}
	upload, err := p.to.Begin(ctx, b.Digest, from)
	if err != nil {
		return "", err
	}
	if upload == nil {
		return "Mounted from " + from, nil
	}
	f, err := os.Open(p.store.blob(b.Digest))
	if err != nil {
		return "", err
	}
	defer f.Close()
	return "Pushed", upload.Send(ctx, b.Digest, b.Size, &counted{File: f, push: p, blob: b})
}

// counted tells how much of a file has been read.
type counted struct {
	*os.File
	push push
	blob v1.Descriptor
	done int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.File.Read(b)
	c.done += int64(n)
	if c.blob.MediaType.IsLayer() {
		c.push.Hear(Message{ID: c.blob.Digest.Hex[:12], Status: "Pushing", Current: c.done, Total: c.blob.Size})
	}
	return n, err
}
