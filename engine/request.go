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
	Domainname string   // --domainname: the name's second half
	Env        []string // "NAME=value", complete: who calls has looked up a bare NAME
	WorkDir    string
	User       string   // "user", "uid", "user:group" …
	Groups     []string // --group-add
	Labels     map[string]string
	StopSignal string // empty: the image's, then SIGTERM
	Platform   string // "linux/arm64", where the image's was asked for: it is none to be warned of
	StopWait   *int   // seconds between StopSignal and SIGKILL; nil: 10; -1: for ever

	TTY        bool // -t
	OpenStdin  bool // -i
	AutoRemove bool // --rm
	Init       bool // --init

	Mounts      []Mount
	VolumesFrom []string // --volumes-from: CONTAINER[:ro|rw]

	Devices    []Device
	Limits     Limits
	Security   Security
	Namespaces Namespaces
	Network    Network
	Upkeep     Upkeep

	CgroupParent string            // the group in which its own is made; empty: /glassbox
	Annotations  map[string]string // for the OCI runtime and its hooks
}

// Device is a device of the host that the container may use (--device PATH[:TARGET[:rwm]]).
type Device struct {
	Source string            // its path on the host
	Node   specs.LinuxDevice // with the numbers that the host's has
	Access string            // of "rwm"
}

// Security says what a container may do.
type Security struct {
	ReadOnly        bool     // --read-only: the root file system
	CapAdd, CapDrop []string // with or without CAP_, or "ALL"
	Privileged      bool
	Options         []string // --security-opt: "seccomp=unconfined", "no-new-privileges"

	DeviceRules []specs.LinuxDeviceCgroup // --device-cgroup-rule, after those of Request.Devices
}

// Network says how packets get in and out.
type Network struct {
	Mode  string // "bridge" (also when empty), "none", "host", "container:NAME", or the name of a network
	Ports []Port // -p

	Attachments []Attachment // the networks, where there is more to say of them than Mode does
	Detached    bool         // it was taken off its last network
	Expose      []string     // --expose: "80", "8000-8010/udp"
	PublishAll  bool         // -P

	DNS     []string          // addresses of name servers, in place of the host's
	Search  []string          // domains in which names are searched, in place of the host's; ".": none
	Options []string          // of resolv.conf, in place of the host's: "ndots:2"
	Hosts   []string          // "name:address", for /etc/hosts; the address may be "host-gateway"
	Sysctls map[string]string // of the container's own namespaces
}

// Port is one published port.
type Port struct {
	HostIP    string // empty: every address of the host
	Host      uint16 // 0: any
	HostLast  uint16 // not 0: any from Host to here
	Container uint16
	Protocol  string // "tcp" (also when empty), "udp" or "sctp"
}

// Place is where a container lives on this machine: the facts, drawn or looked up by the engine, that spec.go needs besides the
// request and the image.
type Place struct {
	ID         string // 64 hexadecimal digits
	Rootfs     string // where its layers are mounted
	Volumes    string // the directory of all volumes
	Parts      string // what was mounted for it on the host lies here, by the number of its mount: see partOf
	Etc        string // directory with its hosts, hostname and resolv.conf, to be bound over those in /etc
	NetNS      string // path of its network namespace; empty with the host's network
	JoinsNet   bool   // the namespace is another container's
	Joins      Joins  // other namespaces that are not its own
	CgroupPath string // "/glassbox/<id>": below the root of each hierarchy
	Processors int    // of the host: a CPU limit may not exceed them
	Account    Account
	Devices    []specs.LinuxDevice // the host's, for --privileged
	Rights     []string            // the capabilities this machine can give: hostCapabilities()
}

// ShortID is how people see an id.
func ShortID(id string) string { return id[:min(len(id), shortLen)] }

const shortLen = 12
