// This file tells all about one container, in Docker's words: scripts that read `docker inspect` read this too.
package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/network"
	"glassbox/storage"
)

// Details is what Inspect returns.
type Details struct {
	ID              string `json:"Id"`
	Created         time.Time
	Path            string
	Args            []string
	State           State
	Image           string
	ResolvConfPath  string
	HostnamePath    string
	HostsPath       string
	LogPath         string
	Name            string // with a slash before it, as Docker has it
	Driver          string
	HostConfig      HostConfig
	GraphDriver     GraphDriver
	Mounts          []MountPoint
	Config          Config
	NetworkSettings NetworkSettings
}

// State is how the container fares.
type State struct {
	Status     string
	Running    bool
	Paused     bool
	OOMKilled  bool
	Dead       bool
	Pid        int
	ExitCode   int
	Error      string
	StartedAt  time.Time
	FinishedAt time.Time
}

// HostConfig is what of the request concerns the host.
type HostConfig struct {
	Binds          []string
	NetworkMode    string
	PortBindings   map[string][]PortBinding
	AutoRemove     bool
	CapAdd         []string
	CapDrop        []string
	Privileged     bool
	ReadonlyRootfs bool
	SecurityOpt    []string
	Memory         int64
	MemorySwap     int64
	NanoCpus       int64
	CPUShares      uint64 `json:"CpuShares"`
	CpusetCpus     string
	PidsLimit      int64
	Init           bool
}

// GraphDriver says where the files lie.
type GraphDriver struct {
	Name string
	Data LayerPaths
}

// LayerPaths are the directories of the overlay mount.
type LayerPaths struct{ LowerDir, UpperDir, WorkDir, MergedDir string }

// MountPoint is something of the host inside the container.
type MountPoint struct {
	Type, Source, Destination, Mode string
	RW                              bool
	Propagation                     string
}

// Config is what of the request concerns the program.
type Config struct {
	Hostname   string
	User       string
	Tty        bool
	OpenStdin  bool
	Env        []string
	Cmd        []string
	Image      string
	WorkingDir string
	Entrypoint []string
	Labels     map[string]string
	StopSignal string
}

// NetworkSettings is where the container is to be reached.
type NetworkSettings struct {
	SandboxKey  string
	Ports       map[string][]PortBinding
	Gateway     string
	IPAddress   string
	IPPrefixLen int
	MacAddress  string
}

// PortBinding is the host's end of a published port.
type PortBinding struct{ HostIp, HostPort string } //nolint:revive // Docker's spelling is part of the format

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
