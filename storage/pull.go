// This file pulls an image: it reads what the image is made of, makes a plan of that, and carries it out, told in order, or, with
// nobody listening, with several layers at once.
//
//	ask.go        what the image is made of
//	pullplan.go   which steps
//	fetch.go      one blob
package storage

import (
	"context"
	"errors"
	"fmt"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/storage/registry"
)

// PullRequest says which image is wanted.
type PullRequest struct {
	Ref        Reference
	Platform   string // "linux/arm64"; empty: this machine's
	Registries registry.Config
	Client     registry.Client
	Listener   explain.Listener
	Hear       func(Message) // called from several goroutines
}

// Message is one line about the progress of a pull or push, in Docker's words.
type Message struct {
	ID             string // of a layer, twelve digits; empty when it is about the whole image
	Status         string
	Current, Total int64 // bytes, where there are some
}

// Pulled is how a pull ended.
type Pulled struct {
	Digest v1.Hash // by which the registry has it
	New    bool    // the name was not there before, or meant another image
}

// pull is an image that is to be pulled: what the registry says of it, before anything is changed.
type pull struct {
	PullRequest
	source   registry.Repository
	index    *registry.Document // where there are several platforms
	manifest registry.Document
	config   registry.Document
	parts    v1.Manifest
	layers   []Layer
}

// Pull makes an image of a registry one of the store. What had come when it failed is kept for the next pull, but for a disk that
// is full: then it gives the room back.
func (s *Store) Pull(ctx context.Context, r PullRequest) (Pulled, error) {
	made := &made{store: s}
	result, err := s.pull(ctx, r, made)
	if errors.Is(err, unix.ENOSPC) {
		err = errors.Join(err, made.discard())
	}
	if err != nil {
		return Pulled{}, fmt.Errorf("pull %s: %w", r.Ref.Family(), err)
	}
	return result, nil
}

func (s *Store) pull(ctx context.Context, r PullRequest, made *made) (result Pulled, err error) {
	release, err := s.hold()
	if err != nil {
		return result, err
	}
	defer release()
	p, err := s.ask(ctx, r)
	if err != nil {
		return result, err
	}
	if err := os.MkdirAll(s.path("partial"), 0o711); err != nil { // stores of an earlier version have none
		return result, err
	}
	for _, l := range p.layers {
		made.note(l.Digest)
	}
	made.note(p.manifest.Digest)
	made.note(p.config.Digest)
	result = Pulled{Digest: p.digest(), New: !s.names(r.Ref, p.manifest.Digest)}
	p.announce()
	plan := s.pullPlan(ctx, p)
	if r.Listener != nil {
		return result, (&explain.Runner{Listener: r.Listener}).Run(plan.steps()...)
	}
	return result, plan.together()
}

// PullPlan is what Pull would do.
func (s *Store) PullPlan(ctx context.Context, r PullRequest) ([]explain.Step, error) {
	p, err := s.ask(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("pull %s: %w", r.Ref.Family(), err)
	}
	return s.pullPlan(ctx, p).steps(), nil
}

func (p *pull) tell(m Message) {
	if p.Hear != nil {
		p.Hear(m)
	}
}

// announce says what docker says first: "3.20: Pulling from library/alpine".
func (p *pull) announce() {
	what := p.Ref.Tag
	if what == "" {
		what = p.Ref.Digest
	}
	from := p.Ref.Repository
	if p.Ref.Registry != "docker.io" {
		from = p.Ref.Registry + "/" + from
	}
	p.tell(Message{Status: what + ": Pulling from " + from})
}
