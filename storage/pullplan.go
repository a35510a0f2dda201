// This file is the plan of a pull: which documents are kept, which blobs fetched, which layers unpacked, and the name at last, so
// that whoever dies in the middle leaves no name of half an image.
package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sync/errgroup"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/storage/registry"
)

// fetchers is how many blobs are fetched at once: more do not make a registry faster.
const fetchers = 3

// pullPlan has a slot for each layer in both lists, with no ops where nothing is to be done.
type pullPlan struct {
	keep, name    explain.Step
	fetch, unpack []explain.Step
	hear          func(layer int, status string, done int64)
}

func (s *Store) pullPlan(ctx context.Context, p *pull) pullPlan {
	plan := pullPlan{keep: s.keepStep(p), name: s.nameStep(p)}
	plan.hear = func(layer int, status string, done int64) {
		p.tell(Message{ID: p.layers[layer].Digest.Hex[:12], Status: status, Current: done, Total: p.layers[layer].Size})
	}
	for i, l := range p.layers {
		plan.fetch = append(plan.fetch, s.fetchStep(ctx, p, i, l))
		plan.unpack = append(plan.unpack, unpackStep(i, len(p.layers), l))
	}
	return plan
}

func (s *Store) keepStep(p *pull) explain.Step {
	var ops []explain.Op
	for _, d := range []*registry.Document{p.index, &p.manifest, &p.config} {
		if d != nil {
			ops = append(ops, Keep{store: s, Document: *d})
		}
	}
	return explain.Say("Keep manifest and config", "they say what the image is made of; each goes by the hash of its bytes", "07", ops...).
		Kept("the layers alone would not say how they belong together")
}

func (s *Store) fetchStep(ctx context.Context, p *pull, i int, l Layer) explain.Step {
	step := explain.Say(fmt.Sprintf("Fetch layer %d of %d", i+1, len(p.layers)),
		"a layer travels compressed; its digest is the hash of these bytes, so nobody can change it unseen", "07").
		Kept("there would be nothing to unpack")
	if s.has(l.Digest) {
		return step
	}
	step.Ops = []explain.Op{Fetch{
		URL: p.source.BlobURL(l.Digest.String()), Digest: l.Digest, Size: l.Size,
		Part: s.path("partial", l.Digest.Hex), Blob: s.blob(l.Digest), ctx: ctx, source: p.source,
		hear: func(done int64) {
			p.tell(Message{ID: l.Digest.Hex[:12], Status: "Downloading", Current: done, Total: l.Size})
		},
	}}
	return step
}

func (s *Store) nameStep(p *pull) explain.Step {
	d := p.manifest.Descriptor
	d.Annotations = map[string]string{}
	if p.index != nil {
		d.Annotations[pulledAs] = p.index.Digest.String()
	}
	if p.Ref.Tag == "" {
		d.Annotations[fullName] = p.Ref.String()
	}
	return explain.Say("Name the image", "index.json is the only list of names; until this moment nobody sees the image", "07",
		NameImage{store: s, Manifest: d, Ref: p.Ref}).Kept("nobody would find the image")
}

// steps is the plan as it is told: a layer that is there needs no step.
func (p pullPlan) steps() []explain.Step {
	list := []explain.Step{p.keep}
	for i := range p.fetch {
		for _, step := range []explain.Step{p.fetch[i], p.unpack[i]} {
			if len(step.Ops) > 0 {
				list = append(list, step)
			}
		}
	}
	return append(list, p.name)
}

// together does the same with several layers at once: while one is unpacked, others are on their way.
func (p pullPlan) together() error {
	if err := quietly(p.keep); err != nil {
		return err
	}
	fetched := make([]chan struct{}, len(p.fetch))
	for i, step := range p.fetch {
		fetched[i] = make(chan struct{})
		status := "Pulling fs layer"
		if len(step.Ops) == 0 && len(p.unpack[i].Ops) == 0 {
			status = "Already exists"
		}
		p.hear(i, status, 0)
	}
	group, ctx := errgroup.WithContext(context.Background())
	group.Go(func() error { return p.fetchAll(ctx, fetched) })
	group.Go(func() error { return p.unpackAll(ctx, fetched) })
	if err := group.Wait(); err != nil {
		return err
	}
	return quietly(p.name)
}

func (p pullPlan) fetchAll(ctx context.Context, fetched []chan struct{}) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(fetchers)
	for i, step := range p.fetch {
		group.Go(func() error {
			if ctx.Err() != nil {
				return nil // another one has failed, and says so
			}
			if err := quietly(step); err != nil {
				return err
			}
			if len(step.Ops) > 0 {
				p.hear(i, "Download complete", 0)
			}
			close(fetched[i])
			return nil
		})
	}
	return group.Wait()
}

// unpackAll unpacks the layers, and gives them their folders when all are done. If the rest can not be fetched, those that are done
// have theirs for the next pull.
func (p pullPlan) unpackAll(ctx context.Context, fetched []chan struct{}) error {
	b := &batch{}
	err := p.unpackAsTheyCome(ctx, fetched, b)
	if err == nil {
		err = b.publish()
	}
	return errors.Join(err, b.close())
}

// unpackAsTheyCome takes the layers from the lowest up, as many at once as have come in the meantime.
func (p pullPlan) unpackAsTheyCome(ctx context.Context, fetched []chan struct{}, b *batch) error {
	for next := 0; next < len(fetched); {
		select {
		case <-ctx.Done():
			return nil
		case <-fetched[next]:
		}
		first := next
		for next < len(fetched) && closed(fetched[next]) {
			next++
		}
		if err := p.unpackSome(first, next, b); err != nil {
			return err
		}
	}
	return nil
}

func closed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// unpackSome unpacks the layers from first to end, this one not.
func (p pullPlan) unpackSome(first, end int, b *batch) error {
	var layers []Unpack
	for i := first; i < end; i++ {
		for _, op := range p.unpack[i].Ops {
			if u, ok := op.(UnpackLayers); ok {
				layers = append(layers, u.Layers...)
				p.hear(i, "Extracting", 0)
			}
		}
	}
	if err := b.add(layers); err != nil {
		return err
	}
	for i := first; i < end; i++ {
		if len(p.unpack[i].Ops)+len(p.fetch[i].Ops) > 0 {
			p.hear(i, "Pull complete", 0)
		}
	}
	return nil
}

func quietly(step explain.Step) error { return (&explain.Runner{}).Run(step) }

// Keep is the op that makes a document a blob.
type Keep struct {
	registry.Document
	store *Store
}

func (k Keep) Do() error {
	_, err := k.store.putBytes(k.MediaType, k.Bytes)
	return err
}
func (k Keep) Call() string {
	return fmt.Sprintf("write(%q, … %d bytes)", k.store.blob(k.Digest), k.Size)
}
func (k Keep) Shell() string {
	return "printf %s " + kernel.Quote(string(k.Bytes)) + " > " + kernel.Quote(k.store.blob(k.Digest))
}

// NameImage is the op that gives an image its name. The name may have belonged to another one: nothing takes it back.
type NameImage struct {
	Manifest v1.Descriptor
	Ref      Reference
	store    *Store
}

func (n NameImage) Do() error {
	if n.Ref.Tag == "" {
		return n.store.name(n.Manifest, "")
	}
	return n.store.name(n.Manifest, n.Ref.Registry+"/"+n.Ref.Repository+":"+n.Ref.Tag)
}
func (n NameImage) Call() string {
	return fmt.Sprintf("rename(\"index.json.new\", %q) with %s -> %s", n.store.path("index.json"), n.Ref, n.Manifest.Digest)
}
func (n NameImage) Shell() string {
	entry, err := json.Marshal(n.Manifest)
	if err != nil {
		return "# " + err.Error()
	}
	return fmt.Sprintf("jq '.manifests += [%s]' index.json > index.json.new && mv index.json.new %s", entry, kernel.Quote(n.store.path("index.json")))
}
