// Package registry speaks with image registries: distribution-spec, which is HTTP with a few rules. An image is one document, its
// manifest, got by tag or digest, and blobs, got by digest:
//
//	GET  /v2/NAME/manifests/TAG       what the image is made of        read.go
//	GET  /v2/NAME/blobs/DIGEST        config and layers; with Range, the rest of one
//	HEAD /v2/NAME/blobs/DIGEST        is it there?                     write.go
//	POST /v2/NAME/blobs/uploads/      begin to send one, or mount it from another name
//	PUT  /v2/NAME/manifests/TAG       the last of a push: it gives the name
//
// Who may do so is asked with 401 and a challenge, answered by package transport of go-containerregistry with what login.go keeps.
//
// This file connects with a registry.
package registry

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Repository is one name in one registry, and a connection that may use it.
type Repository struct {
	name   name.Repository
	client *http.Client
}

// Open connects with HOST/PATH and logs in. further names repositories of the same registry that blobs may be mounted from;
// whoever gives any, or write, wants to push.
func Open(ctx context.Context, c Config, host, path string, write bool, further ...string) (*Repository, error) {
	repo, err := name.NewRepository(host+"/"+path, c.options(host)...)
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
	base, err := c.transport(host)
	if err != nil {
		return nil, err
	}
	t, err := transport.NewWithContext(ctx, repo.Registry, auth, base, scopes)
	if err != nil {
		return nil, explained(host, err)
	}
	return &Repository{name: repo, client: &http.Client{Transport: t}}, nil
}

// options: package name would allow plain HTTP for every private address; plainGuard is stricter.
func (c Config) options(host string) []name.Option {
	if c.allowsPlain(host) {
		return []name.Option{name.Insecure}
	}
	return nil
}

// allowsPlain: nobody listens on the way to this machine itself; for others somebody must have said so.
func (c Config) allowsPlain(host string) bool {
	return slices.Contains(c.Insecure, host) || loopback(host)
}

func loopback(host string) bool {
	if only, _, err := net.SplitHostPort(host); err == nil {
		host = only
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// plainGuard refuses to send anything, a password least of all, where it could be read on the way: redirects included.
type plainGuard struct {
	config Config
	next   http.RoundTripper
}

func (g plainGuard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !g.config.allowsPlain(r.URL.Host) {
		return nil, fmt.Errorf("%s has no HTTPS, and plain HTTP is for loopback alone: allow it with --insecure-registry %s", r.URL.Host, r.URL.Host)
	}
	return g.next.RoundTrip(r)
}

// url is where the registry keeps something of this repository.
func (r *Repository) url(kind, what string) string {
	return fmt.Sprintf("%s://%s/v2/%s/%s/%s", r.name.Scheme(), r.name.RegistryStr(), r.name.RepositoryStr(), kind, what)
}

// BlobURL is the address of a blob, for those who want to fetch it by hand.
func (r *Repository) BlobURL(digest string) string { return r.url("blobs", digest) }

// ManifestURL is that of a manifest.
func (r *Repository) ManifestURL(tagOrDigest string) string { return r.url("manifests", tagOrDigest) }

// do sends a request and turns an answer that is not as wanted into an error.
func (r *Repository) do(ctx context.Context, method, url string, header http.Header, want ...int) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, err
	}
	for key, values := range header {
		request.Header[key] = values
	}
	return r.send(request, want...)
}

func (r *Repository) send(request *http.Request, want ...int) (*http.Response, error) {
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
