// This file gathers all that is known of one container; details.go has the words for it.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/network"
	"glassbox/storage"
)

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
	end, err := e.readEndpoint(r.ID)
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
	d := &Details{
		ID: r.ID, Created: r.Created, Path: r.Args[0], Args: r.Args[1:], Image: r.ImageID, Name: "/" + r.Name,
		LogPath: e.logFile(r.ID), Driver: "overlay2", State: stateOf(status), HostConfig: hostConfig(r.Request),
		ResolvConfPath: e.live(r.ID, "etc", "resolv.conf"), HostnamePath: e.live(r.ID, "etc", "hostname"),
		HostsPath: e.live(r.ID, "etc", "hosts"),
		Mounts:    mountPoints(r.Request), Config: config(r, spec), NetworkSettings: networkSettings(end),
	}
	files := e.files(r.ID)
	d.GraphDriver = GraphDriver{Name: "overlay2", Data: LayerPaths{lower, files.Upper, files.Work, files.Merged}}
	return d, nil
}

func stateOf(s wire.Status) State {
	return State{
		Status: s.State, Running: s.State == wire.Running, OOMKilled: s.OOMKilled, Pid: s.PID, ExitCode: s.ExitCode,
		Error: s.Error, StartedAt: s.Started, FinishedAt: s.Finished,
	}
}

func hostConfig(r Request) HostConfig {
	mode := r.Network.Mode
	if mode == "" {
		mode = string(network.ModeBridge)
	}
	h := HostConfig{
		NetworkMode: mode, PortBindings: bindings(wantedPorts(r)), AutoRemove: r.AutoRemove,
		CapAdd: r.Security.CapAdd, CapDrop: r.Security.CapDrop, Privileged: r.Security.Privileged,
		ReadonlyRootfs: r.Security.ReadOnly, SecurityOpt: r.Security.Options, Memory: r.Limits.Memory,
		MemorySwap: r.Limits.MemorySwap, NanoCpus: r.Limits.NanoCPUs, CPUShares: r.Limits.CPUShares,
		CpusetCpus: r.Limits.CPUSet, PidsLimit: r.Limits.Pids, Init: r.Init,
	}
	for _, b := range r.Binds {
		text := b.Source + ":" + b.Target
		if b.ReadOnly {
			text += ":ro"
		}
		h.Binds = append(h.Binds, text)
	}
	return h
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

func mountPoints(r Request) []MountPoint {
	points := []MountPoint{}
	for _, b := range r.Binds {
		propagation := b.Propagation
		if propagation == "" {
			propagation = "rprivate"
		}
		points = append(points, MountPoint{
			Type: "bind", Source: b.Source, Destination: b.Target, RW: !b.ReadOnly, Propagation: propagation,
		})
	}
	return points
}

func config(r *Record, spec *specs.Spec) Config {
	c := Config{
		Hostname: hostnameFor(r.Request, Place{ID: r.ID}), User: r.Request.User, Tty: r.Request.TTY, OpenStdin: r.Request.OpenStdin,
		Env: r.Request.Env, Cmd: r.Request.Command, Image: r.Request.Image, WorkingDir: r.Request.WorkDir,
		Entrypoint: r.Request.Entrypoint, Labels: r.Request.Labels, StopSignal: unix.SignalName(unix.Signal(r.StopSignal)),
	}
	if spec.Process != nil {
		c.Env, c.WorkingDir = spec.Process.Env, spec.Process.Cwd
	}
	return c
}

func networkSettings(end network.Endpoint) NetworkSettings {
	s := NetworkSettings{SandboxKey: end.Netns, Ports: bindings(end.Ports)}
	if end.Address.IsValid() {
		s.IPAddress, s.IPPrefixLen = end.Address.String(), end.Network.Subnet.Bits()
		s.Gateway, s.MacAddress = end.Network.Gateway().String(), end.MAC()
	}
	return s
}

func bindings(ports []network.Port) map[string][]PortBinding {
	all := map[string][]PortBinding{}
	for _, p := range ports {
		ip := p.HostIP
		if ip == "" {
			ip = "0.0.0.0"
		}
		key := fmt.Sprintf("%d/%s", p.Port, p.Proto)
		all[key] = append(all[key], PortBinding{ip, fmt.Sprint(p.HostPort)})
	}
	return all
}
