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

	"glassbox/explain"
	"glassbox/storage/registry"
)

// PushRequest says which image is to go where its name says.
type PushRequest struct {
	Ref        Reference
	Registries registry.Config
	Client     registry.Client
	Listener   explain.Listener
	Hear       func(Message) // called from several goroutines
}

// push is an image on its way out.
type push struct {
	PushRequest
	store    *Store
	to       registry.Repository
	others   []neighbour
	manifest registry.Document
	blobs    []v1.Descriptor // each once, the config last
}

// neighbour is another repository of the same registry, which may have these blobs.
type neighbour struct {
	repository string
	blobs      []v1.Hash
}

// Push copies an image to the registry that its name says: told in order, or, with nobody listening, several blobs at once.
func (s *Store) Push(ctx context.Context, r PushRequest) (v1.Descriptor, error) {
	release, err := s.hold()
	if err != nil {
		return v1.Descriptor{}, err
	}
	defer release()
	p, err := s.beginPush(ctx, r)
	if err == nil {
		err = p.run(ctx)
	}
	if err != nil {
		return v1.Descriptor{}, fmt.Errorf("push %s: %w", r.Ref.Family(), err)
	}
	return p.manifest.Descriptor, nil
}

// PushPlan is what Push would do.
func (s *Store) PushPlan(ctx context.Context, r PushRequest) ([]explain.Step, error) {
	p, err := s.beginPush(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("push %s: %w", r.Ref.Family(), err)
	}
	return p.plan(ctx)
}

func (p push) run(ctx context.Context) error {
	p.Hear(Message{Status: "The push refers to repository [" + p.Ref.Registry + "/" + p.Ref.Repository + "]"})
	if p.Listener == nil {
		if err := p.sendAll(ctx); err != nil {
			return err
		}
		return p.to.PutManifest(ctx, p.manifest, p.Ref.Tag)
	}
	plan, err := p.plan(ctx)
	if err != nil {
		return err
	}
	return (&explain.Runner{Listener: p.Listener}).Run(plan...)
}

// beginPush finds out what is to go where. Nothing is sent yet.
func (s *Store) beginPush(ctx context.Context, r PushRequest) (p push, err error) {
	if r.Hear == nil {
		r.Hear = func(Message) {}
	}
	index, err := s.index()
	if err != nil {
		return p, err
	}
	p = push{PushRequest: r, store: s, others: s.neighbours(index, r.Ref)}
	if p.manifest.Descriptor, err = s.find(index, r.Ref.Family()+":"+r.Ref.Tag); err != nil {
		return p, err
	}
	if p.manifest.Bytes, err = s.read(p.manifest.Digest); err != nil {
		return p, err
	}
	var parts v1.Manifest
	if err := parse(p.manifest, &parts); err != nil {
		return p, err
	}
	for _, b := range append(parts.Layers, parts.Config) {
		if !slices.ContainsFunc(p.blobs, func(other v1.Descriptor) bool { return other.Digest == b.Digest }) {
			p.blobs = append(p.blobs, b) // an image may have the same layer twice
		}
	}
	var from []string
	for _, n := range p.others {
		from = append(from, n.repository)
	}
	p.to, err = r.Client.Open(ctx, r.Registries, r.Ref.Registry, r.Ref.Repository, true, from...)
	return p, err
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

func (p push) sendAll(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(fetchers)
	for _, b := range p.blobs {
		group.Go(func() error { return p.send(ctx, b) })
	}
	return group.Wait()
}

func (p push) send(ctx context.Context, b v1.Descriptor) error {
	status, err := p.blob(ctx, b)
	if err == nil && b.MediaType.IsLayer() {
		p.Hear(Message{ID: b.Digest.Hex[:12], Status: status})
	}
	return err
}

// blob sends one blob, if nothing better is to be done.
func (p push) blob(ctx context.Context, b v1.Descriptor) (status string, err error) {
	there, err := p.to.Has(ctx, b.Digest)
	if there || err != nil {
		return "Layer already exists", err
	}
	from := p.other(b.Digest)
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

// other is another repository of the registry that has the blob; empty: none that we know.
func (p push) other(blob v1.Hash) string {
	i := slices.IndexFunc(p.others, func(n neighbour) bool { return slices.Contains(n.blobs, blob) })
	if i < 0 {
		return ""
	}
	return p.others[i].repository
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
