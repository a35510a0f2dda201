// Package network connects containers: it turns the description of networks and endpoints into steps, and keeps the books that
// this needs (networks, addresses, ports). Plans are pure; what they have to know of the host comes from Look.
//
//	network.go   Network, Subnet: what is created
//	options.go   --opt, of every driver
//	book.go      Book: where networks are kept
//	endpoint.go  Sandbox, Endpoint: a container's place in them
//	host.go      Host, Look: what is there
//	subnet.go    Choose: which addresses a network may use
//	ipam.go      Pool: which container has which address
//	ports.go     Port, ParsePorts: -p
//	claim.go     ClaimPorts: is a port free, and which one is
//	names.go     the books that the name servers read
//	plan.go      NamespacePlan, LinksPlan: the steps for a container; bridge.go, parent.go, overlay.go, cni.go: those for a network
//
// The picture that the steps draw:
//
//	container's namespace             host's namespace
//	eth0 10.44.0.2/16 === veth === gb0123456789ab --+
//	default via 10.44.0.1                           +-- glassbox0 10.44.0.1/16 -- routing, nftables -- eth0 -- world
//	eth0 10.44.0.3/16 === veth === gbba9876543210 --+
package network

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Mode says where a container's network comes from.
type Mode string

// The modes.
const (
	ModeBridge    Mode = "bridge"    // links of its own, into one or more networks
	ModeNone      Mode = "none"      // a namespace with nothing but loopback in it
	ModeHost      Mode = "host"      // no namespace
	ModeContainer Mode = "container" // another container's: no steps, only the path of its namespace
)

// ParseMode reads --network. Of container:ID it gives the ID too, and ModeContainer; of a network its name, and ModeBridge.
func ParseMode(flag string) (mode Mode, name string, err error) {
	if id, ok := strings.CutPrefix(flag, string(ModeContainer)+":"); ok {
		if id == "" {
			return "", "", fmt.Errorf("--network %q: say whose network it is: container:NAME", flag)
		}
		return ModeContainer, id, nil
	}
	switch m := Mode(flag); m {
	case ModeNone, ModeHost:
		return m, "", nil
	case "", "default":
		return ModeBridge, "bridge", nil
	}
	return ModeBridge, flag, nil
}

// Sandbox is all of a container's network. Of mode none only Netns counts, of the others but bridge nothing.
type Sandbox struct {
	ID        string // the container's
	Mode      Mode
	Netns     string // the file that keeps the container's network namespace
	Endpoints []Endpoint
	Ports     []Port // published, by way of the endpoint that Gateway gives, or else by CNI plugins
}

// Endpoint is a container's place in one network.
type Endpoint struct {
	Network   Network
	Link      string       // its name inside: eth0
	Veth      string       // the host's end of the cable, where there is one
	Addresses []netip.Addr // at most one of each generation
	MAC       string
	Aliases   []string // further names on this network
	Result    string   // the file that keeps what a CNI plugin answered
	Mapped    []Port   `json:",omitempty"` // published by CNI plugins: see Publish
}

// isOwn tells whether the container has a network namespace that is made for it.
func (s Sandbox) isOwn() bool { return s.Mode != ModeHost && s.Mode != ModeContainer }

// Gateway is the place in the list of the endpoint by which the container reaches the world: the first that leads there, -1 if
// none does.
func (s Sandbox) Gateway() int {
	for i, e := range s.Endpoints {
		if !e.Network.Internal && e.Network.Driver != DriverCNI {
			return i
		}
	}
	return -1
}

// Address is the first address of that endpoint, or of the first one. It is zero for a container without any.
func (s Sandbox) Address() netip.Addr {
	if len(s.Endpoints) == 0 {
		return netip.Addr{}
	}
	return s.Endpoints[max(s.Gateway(), 0)].Address()
}

// Address is the endpoint's IPv4 address, else its IPv6 address.
func (e Endpoint) Address() netip.Addr {
	if len(e.Addresses) == 0 {
		return netip.Addr{}
	}
	return e.Addresses[0]
}

// CIDR is one of the endpoint's addresses with the prefix length of its subnet.
func (e Endpoint) CIDR(a netip.Addr) string {
	for _, s := range e.Network.Subnets {
		if s.Prefix.Contains(a) {
			return s.CIDR(a)
		}
	}
	return netip.PrefixFrom(a, a.BitLen()).String()
}

// Place names the links of the endpoint: the number is the first that is free in its container, both inside and out.
func (e Endpoint) Place(id string, number int) Endpoint {
	e.Link = "eth" + strconv.Itoa(number)
	if e.Network.bridged() {
		e.Veth = VethName(id, number)
	}
	return e
}

// VethName is the name of the host's end of a container's cable. The kernel allows 15 bytes, so one digit, of 36, is left for
// the number.
func VethName(id string, number int) string {
	name := "gb" + id[:min(len(id), 12)]
	if number > 0 {
		name += strconv.FormatInt(int64(number), 36)
	}
	return name
}

// MACOf makes a hardware address from an IP address: so it is unique on its network, and a later container at the same address
// does not meet neighbours that remember another one. 02 says that it is not from a manufacturer.
func MACOf(a netip.Addr) string {
	b := a.AsSlice()
	if a.Is6() {
		b = b[12:]
	}
	return fmt.Sprintf("02:42:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3])
}
