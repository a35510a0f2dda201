// This file gathers all that is known of one container; details.go has the words for it.
package engine

import (
	"context"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	api "github.com/moby/moby/api/types/container"
	driver "github.com/moby/moby/api/types/storage"

	"glassbox/storage"
)

// InspectSize is Inspect and, with size, how much the container's files take.
func (e *Engine) InspectSize(ctx context.Context, ref string, size bool) (*Details, error) {
	d, err := e.Inspect(ctx, ref)
	if err != nil || !size {
		return d, err
	}
	r, err := e.readRecord(d.ID)
	if err != nil {
		return nil, err
	}
	own, all, err := e.sizes(r)
	d.SizeRw, d.SizeRootFs = &own, &all
	return d, err
}

// Inspect returns everything that is known of a container.
func (e *Engine) Inspect(ctx context.Context, ref string) (*Details, error) {
	r, err := e.find(ref)
	if err != nil {
		return nil, err
	}
	status, err := e.status(r.ID)
	if err != nil {
		return nil, err
	}
	end, err := e.readSandbox(r.ID)
	if err != nil {
		return nil, err
	}
	_, image, err := e.findImage(r.ImageID)
	if err != nil {
		return nil, err
	}
	d := &Details{NetworkSettings: networkSettings(end)}
	d.InspectResponse = api.InspectResponse{
		ID: r.ID, Created: r.Created.Format(time.RFC3339Nano), Path: r.Args[0], Args: r.Args[1:], Image: r.ImageID, Name: "/" + r.Name,
		LogPath: e.logPath(r), Driver: "overlay2", State: stateOf(status), HostConfig: hostConfig(r.Request),
		RestartCount: status.Restarts, Platform: "linux",
		ResolvConfPath: e.live(r.ID, "resolv.conf"), HostnamePath: e.live(r.ID, "hostname"),
		HostsPath: e.live(r.ID, "hosts"),
		Mounts:    e.mountPoints(r), Config: config(r, image.Config.Config),
	}
	files := e.files(r.ID)
	d.GraphDriver = &driver.DriverData{Name: "overlay2", Data: map[string]string{
		"LowerDir": lowerDirs(image), "UpperDir": files.Upper, "WorkDir": files.Work, "MergedDir": files.Merged,
	}}
	expose(d, r, image.Config.Config)
	return d, e.addHealth(d, r, status, image.Config.Config)
}

func lowerDirs(image storage.Image) string {
	var lower []string
	for _, layer := range slices.Backward(image.Layers) {
		lower = append(lower, layer.Path)
	}
	return strings.Join(lower, ":")
}

// config is what was asked for; where nothing was, what the image says.
func config(r *Record, image v1.Config) *api.Config {
	c := &api.Config{
		Hostname: hostnameFor(r.Request, Place{ID: r.ID}), Domainname: r.Request.Domainname, User: orElse(r.Request.User, image.User),
		Tty: r.Request.TTY, OpenStdin: r.Request.OpenStdin, Image: r.Request.Image, Labels: r.labels(), StopTimeout: r.Request.StopWait,
		WorkingDir: orElse(r.Request.WorkDir, image.WorkingDir), StopSignal: orElse(r.Request.StopSignal, image.StopSignal),
		Entrypoint: r.Request.Entrypoint, Cmd: r.Request.Command, Volumes: image.Volumes,
		Env: Merge(image.Env, r.Request.Env...),
	}
	if c.Entrypoint == nil {
		c.Entrypoint = image.Entrypoint
		if len(c.Cmd) == 0 {
			c.Cmd = image.Cmd
		}
	}
	if !slices.ContainsFunc(c.Env, func(v string) bool { return strings.HasPrefix(v, "PATH=") }) {
		c.Env = append([]string{defaultPath}, c.Env...)
	}
	return c
}
