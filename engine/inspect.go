// This file gathers all that is known of one container; details.go has the words for it.
package engine

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	api "github.com/moby/moby/api/types/container"
	driver "github.com/moby/moby/api/types/storage"
	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

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
	lower, err := e.lowerDirs(r)
	if err != nil {
		return nil, err
	}
	spec, err := e.readSpec(r.ID)
	if errors.Is(err, fs.ErrNotExist) {
		spec, err = &specs.Spec{}, nil // never started
	}
	if err != nil {
		return nil, err
	}
	d := &Details{NetworkSettings: networkSettings(end)}
	d.InspectResponse = api.InspectResponse{
		ID: r.ID, Created: r.Created.Format(time.RFC3339Nano), Path: r.Args[0], Args: r.Args[1:], Image: r.ImageID, Name: "/" + r.Name,
		LogPath: e.logPath(r), Driver: "overlay2", State: stateOf(status), HostConfig: hostConfig(r.Request),
		RestartCount: status.Restarts, Platform: "linux",
		ResolvConfPath: e.live(r.ID, "etc", "resolv.conf"), HostnamePath: e.live(r.ID, "etc", "hostname"),
		HostsPath: e.live(r.ID, "etc", "hosts"),
		Mounts:    e.mountPoints(r), Config: config(r, spec),
	}
	files := e.files(r.ID)
	d.GraphDriver = &driver.DriverData{Name: "overlay2", Data: map[string]string{
		"LowerDir": lower, "UpperDir": files.Upper, "WorkDir": files.Work, "MergedDir": files.Merged,
	}}
	return d, errors.Join(e.addHealth(d, r, status), e.expose(d, r))
}

func (e *Engine) lowerDirs(r *Record) (string, error) {
	store, err := storage.Open(e.Root)
	if err != nil {
		return "", err
	}
	image, err := store.Image(r.ImageID)
	if err != nil {
		return "", err
	}
	var lower []string
	for _, layer := range slices.Backward(image.Layers) {
		lower = append(lower, layer.Path)
	}
	return strings.Join(lower, ":"), nil
}

func config(r *Record, spec *specs.Spec) *api.Config {
	c := &api.Config{
		Hostname: hostnameFor(r.Request, Place{ID: r.ID}), User: r.Request.User, Tty: r.Request.TTY, OpenStdin: r.Request.OpenStdin,
		Env: r.Request.Env, Cmd: r.Request.Command, Image: r.Request.Image, WorkingDir: r.Request.WorkDir,
		Entrypoint: r.Request.Entrypoint, Labels: r.Request.Labels, StopSignal: unix.SignalName(unix.Signal(r.StopSignal)),
		StopTimeout: r.Request.StopWait, Domainname: r.Request.Domainname,
	}
	if spec.Process != nil {
		c.Env, c.WorkingDir = spec.Process.Env, spec.Process.Cwd
	}
	return c
}
