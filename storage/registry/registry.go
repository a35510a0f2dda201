// Package registry is what the store knows of image registries: what can be asked of one, and what the answers are. Who asks is
// package client, which is HTTP with TLS: it takes as long to begin as a whole container, so programs that start containers do
// without it.
package registry

import (
	"context"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Client connects with registries.
type Client interface {
	// Open connects with HOST/PATH and logs in. further names repositories of the same registry that blobs may be mounted from;
	// whoever gives any, or write, wants to push.
	Open(ctx context.Context, c Config, host, path string, write bool, further ...string) (Repository, error)
	// Login keeps a name and password once the registry has taken them.
	Login(ctx context.Context, c Config, host, user, password string) error
	// Logout forgets them; it says whether there were any.
	Logout(host string) (known bool, err error)
}

// Repository is one name in one registry, and a connection that may use it. Whoever asks by digest gets bytes with this digest, or
// an error.
type Repository interface {
	// Manifest gets the manifest, or the index of manifests, behind a tag or digest.
	Manifest(ctx context.Context, tagOrDigest string) (Document, error)
	// Config reads a small blob: the config of an image.
	Config(ctx context.Context, want v1.Descriptor) (Document, error)
	// Blob opens a blob at an offset. A registry may not know how to do that; at says where the bytes begin.
	Blob(ctx context.Context, digest v1.Hash, from int64) (body io.ReadCloser, at int64, err error)
	// Tags lists the tags of the repository.
	Tags(ctx context.Context) ([]string, error)

	// Has asks whether the repository has a blob.
	Has(ctx context.Context, digest v1.Hash) (bool, error)
	// Begin asks for a place to send a blob to. Where the registry can take it from its repository from instead, nothing has to be
	// sent, and the Upload is nil.
	Begin(ctx context.Context, digest v1.Hash, from string) (Upload, error)
	// PutManifest gives an image its name there.
	PutManifest(ctx context.Context, d Document, tagOrDigest string) error

	// BlobURL is the address of a blob, for those who want to fetch it by hand; ManifestURL that of a manifest.
	BlobURL(digest string) string
	ManifestURL(tagOrDigest string) string
}

// Upload is a place where a registry takes a blob.
type Upload interface {
	// Send sends the whole blob in one request; the registry compares the digest with what came.
	Send(ctx context.Context, digest v1.Hash, size int64, body io.Reader) error
}

// Document is a manifest or an index, in its own bytes: any change would change its digest.
type Document struct {
	v1.Descriptor
	Bytes []byte
}
