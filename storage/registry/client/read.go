// This file reads from a registry. Rule: whoever asks by digest gets bytes with this digest, or an error.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"glassbox/storage/registry"
)

// maxDocument bounds what is read into memory; registries have the same limit for manifests.
const maxDocument = 4 << 20

// Manifest gets the manifest, or the index of manifests, behind a tag or digest.
func (r *repository) Manifest(ctx context.Context, tagOrDigest string) (registry.Document, error) {
	accept := []string{string(types.OCIImageIndex), string(types.DockerManifestList), string(types.OCIManifestSchema1), string(types.DockerManifestSchema2)}
	answer, err := r.do(ctx, http.MethodGet, r.url("manifests", tagOrDigest), http.Header{"Accept": {strings.Join(accept, ", ")}}, http.StatusOK)
	if err != nil {
		return registry.Document{}, err
	}
	defer answer.Body.Close()
	d, err := read(answer.Body)
	if err != nil {
		return d, err
	}
	if d.MediaType = types.MediaType(answer.Header.Get("Content-Type")); !d.MediaType.IsImage() && !d.MediaType.IsIndex() {
		d.MediaType = declared(d.Bytes) // a plain web server does not know
	}
	if want, err := v1.NewHash(tagOrDigest); err == nil && want != d.Digest {
		return d, fmt.Errorf("%s sent a manifest with the digest %s in place of %s: it is damaged, or somebody replaced it", r.name.RegistryStr(), d.Digest, want)
	}
	return d, nil
}

// declared is what a document says of itself.
func declared(document []byte) types.MediaType {
	var head struct{ MediaType types.MediaType }
	if json.Unmarshal(document, &head) != nil {
		return ""
	}
	return head.MediaType
}

func read(body io.Reader) (d registry.Document, err error) {
	if d.Bytes, err = io.ReadAll(io.LimitReader(body, maxDocument)); err != nil {
		return d, err
	}
	d.Digest, d.Size, err = v1.SHA256(bytes.NewReader(d.Bytes))
	return d, err
}

// Config reads a small blob: the config of an image.
func (r *repository) Config(ctx context.Context, want v1.Descriptor) (registry.Document, error) {
	body, _, err := r.Blob(ctx, want.Digest, 0)
	if err != nil {
		return registry.Document{}, err
	}
	defer body.Close()
	d, err := read(body)
	if err == nil && d.Digest != want.Digest {
		err = fmt.Errorf("%s sent bytes that hash to %s in place of %s: the blob is damaged there", r.name.RegistryStr(), d.Digest, want.Digest)
	}
	d.MediaType = want.MediaType
	return d, err
}

// Blob opens a blob at an offset. A registry may not know how to do that; at says where the bytes begin.
func (r *repository) Blob(ctx context.Context, digest v1.Hash, from int64) (body io.ReadCloser, at int64, err error) {
	header := http.Header{}
	if from > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	answer, err := r.do(ctx, http.MethodGet, r.BlobURL(digest.String()), header,
		http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable)
	if err != nil {
		return nil, 0, err
	}
	if answer.StatusCode == http.StatusRequestedRangeNotSatisfiable && from > 0 {
		answer.Body.Close()
		return r.Blob(ctx, digest, 0)
	}
	if answer.StatusCode == http.StatusPartialContent {
		at = from
	}
	return answer.Body, at, nil
}

// Tags lists the tags of a repository, page by page.
func (r *repository) Tags(ctx context.Context) ([]string, error) {
	var all []string
	next := r.url("tags", "list") + "?n=1000"
	for next != "" {
		answer, err := r.do(ctx, http.MethodGet, next, nil, http.StatusOK)
		if err != nil {
			return nil, err
		}
		var page struct{ Tags []string }
		err = json.NewDecoder(io.LimitReader(answer.Body, maxDocument)).Decode(&page)
		answer.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("read the tags of %s: %w", r.name, err)
		}
		all = append(all, page.Tags...)
		if next, err = nextPage(answer); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// nextPage reads Link: </v2/NAME/tags/list?n=1000&last=x>; rel="next".
func nextPage(answer *http.Response) (string, error) {
	link, _, found := strings.Cut(strings.TrimPrefix(answer.Header.Get("Link"), "<"), ">")
	if !found {
		return "", nil
	}
	next, err := url.Parse(link)
	if err != nil {
		return "", fmt.Errorf("the registry's Link header: %w", err)
	}
	return answer.Request.URL.ResolveReference(next).String(), nil
}
