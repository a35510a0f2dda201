// This file tells all that is known of one image, in the types of Docker's API.
package engine

import (
	"context"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	docker "github.com/moby/docker-image-spec/specs-go/v1"
	api "github.com/moby/moby/api/types/image"
	driver "github.com/moby/moby/api/types/storage"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"glassbox/storage"
)

// InspectImage returns everything that is known of an image; GraphDriver's Data tells where the layers lie.
func (e *Engine) InspectImage(_ context.Context, ref string) (*api.InspectResponse, error) {
	store, img, err := e.findImage(ref)
	if err != nil {
		return nil, err
	}
	size, err := store.Sizes().Image(img)
	if err != nil {
		return nil, err
	}
	entries, err := store.Names(img.ID)
	if err != nil {
		return nil, err
	}
	d := &api.InspectResponse{
		ID: img.ID.String(), RepoTags: []string{}, RepoDigests: []string{}, Author: img.Config.Author, Config: imageConfig(img.Config.Config),
		Architecture: img.Config.Architecture, Variant: img.Config.Variant, Os: img.Config.OS, Size: size,
		GraphDriver: &driver.DriverData{Name: "overlay2", Data: layerFolders(img)}, RootFS: api.RootFS{Type: "layers"},
		Descriptor: descriptorOf(img),
	}
	if !img.Config.Created.IsZero() {
		d.Created = img.Config.Created.Format(time.RFC3339Nano)
	}
	for _, l := range img.Layers {
		d.RootFS.Layers = append(d.RootFS.Layers, l.DiffID.String())
	}
	for _, entry := range entries {
		addNames(entry, &d.RepoTags, &d.RepoDigests)
	}
	return d, nil
}

// imageConfig leaves out what Docker has taken from its answer: what is said of a container, and never of an image.
func imageConfig(c v1.Config) *docker.DockerOCIImageConfig {
	config := &docker.DockerOCIImageConfig{
		ImageConfig: ocispec.ImageConfig{
			User: c.User, ExposedPorts: c.ExposedPorts, Env: c.Env, Entrypoint: c.Entrypoint, Cmd: c.Cmd, Volumes: c.Volumes,
			WorkingDir: c.WorkingDir, Labels: c.Labels, StopSignal: c.StopSignal,
		},
		DockerOCIImageConfigExt: docker.DockerOCIImageConfigExt{OnBuild: c.OnBuild, Shell: c.Shell},
	}
	if h := c.Healthcheck; h != nil {
		config.Healthcheck = &docker.HealthcheckConfig{Test: h.Test, Interval: h.Interval, Timeout: h.Timeout, StartPeriod: h.StartPeriod, Retries: h.Retries}
	}
	return config
}

// layerFolders are those that a container of the image stacks: the topmost layer is the upper one.
func layerFolders(img storage.Image) map[string]string {
	if len(img.Layers) == 0 {
		return map[string]string{}
	}
	top := len(img.Layers) - 1
	upper := img.Layers[top].Path
	img.Layers = img.Layers[:top]
	return map[string]string{"UpperDir": upper, "LowerDir": lowerDirs(img)}
}
