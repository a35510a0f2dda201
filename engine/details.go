// This file holds the words of `glassbox inspect`, which are Docker's: scripts that read `docker inspect` read this too.
package engine

import "time"

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
