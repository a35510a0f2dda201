// Package client speaks with image registries: distribution-spec, which is HTTP with a few rules. An image is one document, its
// manifest, got by tag or digest, and blobs, got by digest:
//
//	GET  /v2/NAME/manifests/TAG       what the image is made of        read.go
//	GET  /v2/NAME/blobs/DIGEST        config and layers; with Range, the rest of one
//	HEAD /v2/NAME/blobs/DIGEST        is it there?                     write.go
//	POST /v2/NAME/blobs/uploads/      begin to send one, or mount it from another name
//	PUT  /v2/NAME/manifests/TAG       the last of a push: it gives the name
//
// Who may do so is asked with 401 and a challenge, answered by package transport of go-containerregistry with what login.go keeps. transport.go says which connections are trusted.
//
// This file connects with a registry.
package client

import (
	"context"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"glassbox/storage/registry"
)

// HTTP is the client of registries.
type HTTP struct{}

var _ registry.Client = HTTP{}

// repository is one name in one registry, and a connection that may use it.
type repository struct {
	name   name.Repository
	client *http.Client
}

// Open connects and logs in.
func (HTTP) Open(ctx context.Context, c registry.Config, host, path string, write bool, further ...string) (registry.Repository, error) {
	repo, err := name.NewRepository(host+"/"+path, options(c, host)...)
	if err != nil {
		return nil, err
	}
	scopes := []string{repo.Scope(transport.PullScope)}
	if write {
		scopes[0] = repo.Scope(transport.PushScope)
	}
	for _, other := range further {
		scopes = append(scopes, repo.Registry.Repo(other).Scope(transport.PullScope))
	}
	auth, err := authn.Resolve(ctx, authn.DefaultKeychain, repo)
	if err != nil {
		return nil, fmt.Errorf("read the credentials for %s: %w", host, err)
	}
	base, err := connection(c, host)
	if err != nil {
		return nil, err
	}
	t, err := transport.NewWithContext(ctx, repo.Registry, auth, base, scopes)
	if err != nil {
		return nil, explained(host, err)
	}
	return &repository{name: repo, client: &http.Client{Transport: t}}, nil
}

// options: package name would allow plain HTTP for every private address; plainGuard is stricter.
func options(c registry.Config, host string) []name.Option {
	if c.AllowsPlain(host) {
		return []name.Option{name.Insecure}
	}
	return nil
}

// url is where the registry keeps something of this repository.
func (r *repository) url(kind, what string) string {
	return fmt.Sprintf("%s://%s/v2/%s/%s/%s", r.name.Scheme(), r.name.RegistryStr(), r.name.RepositoryStr(), kind, what)
}

// BlobURL is the address of a blob, for those who want to fetch it by hand.
func (r *repository) BlobURL(digest string) string { return r.url("blobs", digest) }

// ManifestURL is that of a manifest.
func (r *repository) ManifestURL(tagOrDigest string) string { return r.url("manifests", tagOrDigest) }

// do sends a request and turns an answer that is not as wanted into an error.
func (r *repository) do(ctx context.Context, method, url string, header http.Header, want ...int) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	for key, values := range header {
		request.Header[key] = values
	}
	return r.send(request, want...)
}

func (r *repository) send(request *http.Request, want ...int) (*http.Response, error) {
	answer, err := r.client.Do(request)
	if err == nil {
		if err = transport.CheckError(answer, want...); err != nil {
			answer.Body.Close()
		}
	}
	if err != nil {
		return nil, explained(r.name.RegistryStr(), err)
	}
	return answer, nil
}
