// This file writes to a registry: blobs first, the manifest that names them last, so that no name ever leads to half an image.
package client

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/storage/registry"
)

// Has asks whether the repository has a blob.
func (r *repository) Has(ctx context.Context, digest v1.Hash) (bool, error) {
	answer, err := r.do(ctx, http.MethodHead, r.BlobURL(digest.String()), nil, http.StatusOK)
	if registry.NotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, answer.Body.Close()
}

// upload is a place where the registry takes a blob.
type upload struct {
	repository *repository
	location   *url.URL
}

// Begin asks for a place to send a blob to. Where the registry can take it from its repository from instead, nothing has to be
// sent, and the Upload is nil.
func (r *repository) Begin(ctx context.Context, digest v1.Hash, from string) (registry.Upload, error) {
	address := r.url("blobs", "uploads/")
	if from != "" {
		address += "?" + url.Values{"mount": {digest.String()}, "from": {from}}.Encode()
	}
	answer, err := r.do(ctx, http.MethodPost, address, nil, http.StatusAccepted, http.StatusCreated)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode == http.StatusCreated {
		return nil, nil
	}
	location, err := answer.Location()
	return &upload{r, location}, err
}

// Send sends the whole blob in one request; the registry compares the digest with what came.
func (u *upload) Send(ctx context.Context, digest v1.Hash, size int64, body io.Reader) error {
	query := u.location.Query()
	query.Set("digest", digest.String())
	u.location.RawQuery = query.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, u.location.String(), body)
	if err != nil {
		return err
	}
	request.ContentLength = size
	request.Header.Set("Content-Type", "application/octet-stream")
	answer, err := u.repository.send(request, http.StatusCreated)
	if err != nil {
		return fmt.Errorf("send %s: %w", digest, err)
	}
	return answer.Body.Close()
}

// PutManifest gives an image its name there.
func (r *repository) PutManifest(ctx context.Context, d registry.Document, tagOrDigest string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPut, r.url("manifests", tagOrDigest), bytes.NewReader(d.Bytes))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", string(d.MediaType))
	answer, err := r.send(request, http.StatusCreated, http.StatusOK, http.StatusAccepted)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
