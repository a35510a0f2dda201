// Package network connects containers: it turns the description of an endpoint into steps, and keeps the books that this needs
// (addresses, ports). The plan is pure; what it has to know of the host comes from Look.
//
//	endpoint.go  Network, Endpoint: what is wanted
//	host.go      Host, Look: what is there
//	subnet.go    Choose: which addresses the bridge may use
//	ipam.go      Pool: which container has which address
//	ports.go     Port, ParsePorts: -p
//	claim.go     ClaimPorts: is a port free, and which one is
//	plan.go      AttachPlan: the steps
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
	"strings"
)

// DefaultBridge is the bridge that containers are on unless they ask for something else.
const DefaultBridge = "glassbox0"

// Network is a bridge with the addresses on it.
type Network struct {
	Bridge string
	Subnet netip.Prefix
	MTU    int
}

// Gateway is the bridge's own address, the first of the subnet.
func (n Network) Gateway() netip.Addr { return n.Subnet.Masked().Addr().Next() }

// Mode says where a container's network comes from.
type Mode string

// The modes.
const (
	ModeBridge    Mode = "bridge"
	ModeNone      Mode = "none"      // a namespace with nothing but loopback in it
	ModeHost      Mode = "host"      // no namespace
	ModeContainer Mode = "container" // another container's: no steps, only the path of its namespace
)

// ParseMode reads --network. Of container:ID it gives the ID too, and ModeContainer.
func ParseMode(flag string) (mode Mode, container string, err error) {
	if id, ok := strings.CutPrefix(flag, string(ModeContainer)+":"); ok && id != "" {
		return ModeContainer, id, nil
	}
	switch m := Mode(flag); m {
	case ModeBridge, ModeNone, ModeHost:
		return m, "", nil
	case "", "default":
		return ModeBridge, "", nil
	}
	return "", "", fmt.Errorf("--network %q: there is bridge, none, host and container:NAME", flag)
}

// Endpoint is one container's place in a network. Of mode none only Netns counts, of the others but bridge nothing.
type Endpoint struct {
	ID      string // the container's
	Mode    Mode
	Netns   string // the file that keeps the container's network namespace
	Network Network
	Address netip.Addr
	Ports   []Port
}

// Inside is the name of the container's end of the cable.
const Inside = "eth0"

// Veth is the name of the host's end of the cable. The kernel allows 15 bytes.
func (e Endpoint) Veth() string { return "gb" + e.ID[:min(len(e.ID), 12)] }

// MAC is the container's hardware address, made from its IP address: so it is unique on the bridge, and a later container at
// the same address does not meet neighbours that remember another one. 02 says that it is not from a manufacturer.
func (e Endpoint) MAC() string { return macOf(e.Address) }

func macOf(a netip.Addr) string {
	b := a.As4()
	return fmt.Sprintf("02:42:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3])
}
