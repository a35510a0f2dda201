// This file is the plan of a push, which changes nothing here: the registry gets the blobs that it lacks, and the manifest last, so
// that no name ever leads to half an image.
package storage

import (
	"context"
	"fmt"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/storage/registry"
)

func (p push) plan(ctx context.Context) ([]explain.Step, error) {
	var plan []explain.Step
	for i, b := range p.blobs {
		there, err := p.to.Has(ctx, b.Digest)
		if err != nil {
			return nil, err
		}
		if there {
			continue
		}
		title := "Send the config"
		if i < len(p.blobs)-1 {
			title = fmt.Sprintf("Send layer %d of %d", i+1, len(p.blobs)-1)
		}
		plan = append(plan, explain.Say(title, "a registry keeps a blob once, under its digest: what it has is not sent again", "07",
			Send{URL: p.to.BlobURL("uploads/"), Blob: b, File: p.store.blob(b.Digest), From: p.other(b.Digest), push: p, ctx: ctx}).
			Kept("the registry refuses a manifest whose blobs it lacks"))
	}
	return append(plan, explain.Say("Put the manifest", "from now on the registry's tag means this image; the digest is that of these bytes", "07",
		PutManifest{URL: p.to.ManifestURL(p.Ref.Tag), Document: p.manifest, push: p, ctx: ctx}).Kept("nobody would find the image")), nil
}

// Send is the op that gives a registry a blob.
type Send struct {
	URL  string // where blobs are taken
	Blob v1.Descriptor
	File string
	From string // a repository of the same registry that has it: then nothing is sent

	push push
	ctx  context.Context
}

func (s Send) Do() error { return s.push.send(s.ctx, s.Blob) }

func (s Send) mount() string {
	if s.From == "" {
		return ""
	}
	return "?mount=" + s.Blob.Digest.String() + "&from=" + s.From
}

func (s Send) Call() string {
	lines := []string{fmt.Sprintf("write(socket, \"POST %s%s\")", s.URL, s.mount())}
	if s.From == "" {
		lines = append(lines, fmt.Sprintf("open(%q, O_RDONLY)", s.File), fmt.Sprintf("write(socket, \"PUT …?digest=%s\" … %d bytes)", s.Blob.Digest, s.Blob.Size))
	}
	return strings.Join(lines, "\n")
}

// Shell is for registries that want no password.
func (s Send) Shell() string {
	if s.From != "" {
		return kernel.Quote("curl", "-f", "-X", "POST", s.URL+s.mount())
	}
	return "TO=$(" + kernel.Quote("curl", "-f", "-s", "-X", "POST", "-o", "/dev/null", "-w", "%header{location}", s.URL) + ") && " +
		kernel.Quote("curl", "-f", "-X", "PUT", "-H", "Content-Type: application/octet-stream", "--data-binary", "@"+s.File) + " \"$TO&digest=" + s.Blob.Digest.String() + "\""
}

// PutManifest is the op that gives an image its name at a registry.
type PutManifest struct {
	registry.Document
	URL string

	push push
	ctx  context.Context
}

func (m PutManifest) Do() error { return m.push.to.PutManifest(m.ctx, m.Document, m.push.Ref.Tag) }
func (m PutManifest) Call() string {
	return fmt.Sprintf("write(socket, \"PUT %s\" … %d bytes)", m.URL, m.Size)
}
func (m PutManifest) Shell() string {
	return kernel.Quote("curl", "-f", "-X", "PUT", "-H", "Content-Type: "+string(m.MediaType), "--data-binary", "@"+m.push.store.blob(m.Digest), m.URL)
}
