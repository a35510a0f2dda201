// This file holds what users ask for: the description of a container in the words of the command line. It is kept in the
// container's record, and spec.go turns it into an OCI spec together with the image's own wishes.
package engine

import specs "github.com/opencontainers/runtime-spec/specs-go"

// Request describes a container to make. The zero value of a field means "as the image says", then "as Docker does".
type Request struct {
	Image   string   // a name or digest in the image store: "box"
	Name    string   // empty: one is drawn
	Command []string // in place of the image's Cmd

	// Entrypoint replaces the image's and clears its Cmd. nil: the image's stays. Empty but not nil (--entrypoint ""): none.
	Entrypoint []string

	Hostname   string   // empty: the short id
	Env        []string // "NAME=value", complete: who calls has looked up a bare NAME
	WorkDir    string
	User       string   // "user", "uid", "user:group" …
	Groups     []string // --group-add
	Labels     map[string]string
	StopSignal string // empty: the image's, then SIGTERM
	StopWait   *int   // seconds between StopSignal and SIGKILL; nil: 10; -1: for ever

	TTY        bool // -t
	OpenStdin  bool // -i
	AutoRemove bool // --rm
	Init       bool // --init

	Binds    []Bind
	Tmpfs    []Tmpfs
	Devices  []Device
	Limits   Limits
	Security Security
	Network  Network
}

// Bind shows a file or directory of the host inside the container (-v SOURCE:TARGET[:ro]).
type Bind struct {
	Source, Target string // absolute
	ReadOnly       bool
	Propagation    string // "shared", "rslave" …; empty: rprivate
	Shallow        bool   // without the mounts below Source
}

// Tmpfs is an empty file system in memory (--tmpfs TARGET[:OPTIONS]).
type Tmpfs struct {
	Target  string
	Options []string
}

// Device is a device of the host that the container may use (--device PATH[:TARGET[:rwm]]).
type Device struct {
	Node   specs.LinuxDevice // with the numbers that the host's has
	Access string            // of "rwm"
}

// Limits bound what a container may use. Zero: no limit.
type Limits struct {
	Memory     int64 // bytes
	MemorySwap int64 // bytes of memory and swap together; -1: no limit
	NanoCPUs   int64 // billionths of a processor
	CPUShares  uint64
	CPUSet     string // "0-2,4"
	Pids       int64

	ShmSize     int64 // bytes of /dev/shm; 0: 64 MiB
	Rlimits     []specs.POSIXRlimit
	OOMScoreAdj *int
}

// Security says what a container may do.
type Security struct {
	ReadOnly        bool     // --read-only: the root file system
	CapAdd, CapDrop []string // with or without CAP_, or "ALL"
	Privileged      bool
	Options         []string // --security-opt: "seccomp=unconfined", "no-new-privileges"
}

// Network says how packets get in and out.
type Network struct {
	Mode  string // "bridge" (also when empty), "none", "host" or "container:NAME"
	Ports []Port // -p

	DNS     []string          // addresses of name servers, in place of the host's
	Hosts   []string          // "name:address", for /etc/hosts
	Sysctls map[string]string // of the container's own namespaces
}

// Port is one published port.
type Port struct {
	HostIP    string // empty: every address of the host
	Host      uint16
	Container uint16
	Protocol  string // "tcp" (also when empty) or "udp"
}

// Place is where a container lives on this machine: the facts, drawn or looked up by the engine, that spec.go needs besides the
// request and the image.
type Place struct {
	ID         string // 64 hexadecimal digits
	Rootfs     string // where its layers are mounted
	Etc        string // directory with its hosts, hostname and resolv.conf, to be bound over those in /etc
	NetNS      string // path of its network namespace; empty with the host's network
	JoinsNet   bool   // the namespace is another container's
	CgroupPath string // "/glassbox/<id>": below the root of each hierarchy
	Processors int    // of the host: a CPU limit may not exceed them
	Account    Account
	Devices    []specs.LinuxDevice // the host's, for --privileged
	Rights     []string            // the capabilities this machine can give: HostCapabilities()
}

// ShortID is how people see an id.
func ShortID(id string) string { return id[:min(len(id), 12)] }
