// This file asks a registry what an image is made of, before anything is written: index, manifest, config.
package storage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/storage/registry"
)

// ask asks the mirrors and at last the registry itself; its error counts, if all fail.
func (s *Store) ask(ctx context.Context, r PullRequest) (p *pull, err error) {
	for _, host := range r.Registries.Hosts(r.Ref.Registry) {
		p = &pull{PullRequest: r}
		if p.source, err = r.Client.Open(ctx, r.Registries, host, r.Ref.Repository, false); err != nil {
			continue
		}
		if err = p.read(ctx, s); err == nil {
			p.layers, err = s.layers(p.parts.Layers, p.diffIDs(), s.link)
			return p, err
		}
	}
	if registry.NotFound(err) {
		return nil, fmt.Errorf("manifest for %s not found: the registry has no image of this name: %w", r.Ref, err)
	}
	if errors.As(err, new(*registry.Unreachable)) {
		return nil, fmt.Errorf("%w: without a network, 'glassbox load -i FILE' brings an image in, and 'glassbox run -it box sh' needs none", err)
	}
	return nil, err
}

// read gets manifest and config. Nothing of it is written yet.
func (p *pull) read(ctx context.Context, s *Store) error {
	want := p.Ref.Digest
	if want == "" {
		want = p.Ref.Tag
	}
	d, err := p.source.Manifest(ctx, want)
	if err != nil {
		return err
	}
	if d.MediaType.IsIndex() {
		if want, err = p.choose(d); err != nil {
			return err
		}
		index := d
		p.index = &index
		if d, err = p.source.Manifest(ctx, want); err != nil {
			return err
		}
	}
	p.manifest = d
	if !d.MediaType.IsImage() {
		return fmt.Errorf("its manifest is of type %q, and no image", d.MediaType)
	}
	if err := parse(d, &p.parts); err != nil {
		return err
	}
	for _, part := range append([]v1.Descriptor{p.parts.Config}, p.parts.Layers...) {
		if err := checkAlgorithm(part.Digest); err != nil {
			return err
		}
	}
	if p.config, err = p.readConfig(ctx, s); err != nil {
		return err
	}
	return p.checkPlatform()
}

// readConfig asks the registry only for what the store does not have.
func (p *pull) readConfig(ctx context.Context, s *Store) (registry.Document, error) {
	if s.has(p.parts.Config.Digest) {
		if data, err := s.read(p.parts.Config.Digest); err == nil { // else it is damaged, and fetched again
			return registry.Document{Descriptor: p.parts.Config, Bytes: data}, nil
		}
	}
	return p.source.Config(ctx, p.parts.Config)
}

// choose finds the manifest for the platform in an index.
func (p *pull) choose(d registry.Document) (digest string, err error) {
	want, err := p.platform()
	if err != nil {
		return "", err
	}
	var index v1.IndexManifest
	if err := parse(d, &index); err != nil {
		return "", err
	}
	var have []string
	for _, m := range index.Manifests {
		if m.Platform != nil && m.Platform.Satisfies(want) {
			return m.Digest.String(), nil
		}
		if m.Platform != nil && m.Platform.OS != "unknown" { // what is no image, but says something about one
			have = append(have, m.Platform.String())
		}
	}
	return "", fmt.Errorf("no matching manifest for %s in the manifest list entries: there is %s: choose with --platform", want, strings.Join(have, ", "))
}

func (p *pull) platform() (v1.Platform, error) {
	if p.Platform == "" {
		return v1.Platform{OS: "linux", Architecture: runtime.GOARCH}, nil
	}
	want, err := v1.ParsePlatform(p.Platform)
	if err != nil {
		return v1.Platform{}, fmt.Errorf("--platform %q: write OS/ARCHITECTURE, such as linux/arm64: %w", p.Platform, err)
	}
	return *want, nil
}

// checkPlatform: an image without an index is for one platform; if another was asked for, it is the wrong one.
func (p *pull) checkPlatform() error {
	var config v1.ConfigFile
	if err := parse(p.config, &config); err != nil || p.Platform == "" {
		return err
	}
	want, err := p.platform()
	if err == nil && !config.Platform().Satisfies(want) {
		err = fmt.Errorf("the image is for %s, not for %s", config.Platform(), want)
	}
	return err
}

// digest is that by which the registry has the image under its name.
func (p *pull) digest() v1.Hash {
	if p.index != nil {
		return p.index.Digest
	}
	return p.manifest.Digest
}

// diffIDs are in the config; ask has checked that it can be read.
func (p *pull) diffIDs() []v1.Hash {
	var config v1.ConfigFile
	if parse(p.config, &config) != nil {
		return nil
	}
	return config.RootFS.DiffIDs
}

func parse(d registry.Document, into any) error {
	if err := json.Unmarshal(d.Bytes, into); err != nil {
		return fmt.Errorf("read %s: %w", d.Digest, err)
	}
	return nil
}
