// This file holds networks as users know them: `network create` describes one, ROOT/networks/ID.json keeps it (book.go), and the
// plans of its driver build it.
package network

import (
	"net/netip"
	"time"
)

// Network is one network. Of the predefined host and none only the names count.
type Network struct {
	ID      string // 64 hexadecimal digits
	Name    string
	Driver  string
	Created time.Time
	Scope   string // "local"

	Bridge  string // the link on the host that containers are connected with: a bridge, or the parent of macvlan and ipvlan
	Made    bool   // that parent was made for this network, and goes with it
	Subnets []Subnet
	MTU     int

	Internal   bool // no way out and none in
	IPv6       bool
	Attachable bool
	Options    map[string]string // of the driver: --opt
	Plugins    string            `json:",omitempty"` // the configuration list of the driver cni
	Labels     map[string]string
}

// Subnet is one range of addresses of a network.
type Subnet struct {
	Prefix  netip.Prefix
	Gateway netip.Addr            // the bridge's own address; with macvlan the router's
	Range   netip.Prefix          // containers get addresses of this part; zero: of all
	Aux     map[string]netip.Addr // somebody else's, by the names that the user gave them
}

// The drivers.
const (
	DriverBridge  = "bridge"
	DriverHost    = "host"
	DriverNull    = "null"
	DriverMacvlan = "macvlan"
	DriverIPvlan  = "ipvlan"
	DriverOverlay = "overlay"
	DriverCNI     = "cni"
)

// DefaultBridge is the bridge of the predefined network bridge, unless another engine has taken it.
const DefaultBridge = "glassbox0"

// The predefined networks have ids that are the same everywhere.
const (
	bridgeID = "63d74667552bc9dcc00a00f58d50134c81ec646b594b9e2fcd248209907493e7"
	hostID   = "e111973989b38a6f88d76105400b4bbf76eff2d5eb6852f778a2f1ccd2422503"
	noneID   = "0e94ff8bdf63f13c90c4fcabfeb7f4e14b9c289f281c3c1b6536d76fa1ea71ea"
)

// Predefined lists the networks that are always there. The bridge's addresses are chosen when it is built.
func Predefined() []Network {
	return []Network{
		{ID: bridgeID, Name: "bridge", Driver: DriverBridge, Scope: "local", Bridge: DefaultBridge, MTU: defaultMTU},
		{ID: hostID, Name: "host", Driver: DriverHost, Scope: "local"},
		{ID: noneID, Name: "none", Driver: DriverNull, Scope: "local"},
	}
}

// Default tells whether it is the predefined bridge, which knows no names: whoever is on it did not ask to be found.
func (n Network) Default() bool { return n.ID == bridgeID }

// Predefined tells whether it can not be removed.
func (n Network) Predefined() bool { return n.ID == bridgeID || n.ID == hostID || n.ID == noneID }

// V4 is the network's IPv4 subnet, which may be missing.
func (n Network) V4() (Subnet, bool) { return n.subnet(func(a netip.Addr) bool { return a.Is4() }) }

// V6 is its IPv6 subnet.
func (n Network) V6() (Subnet, bool) { return n.subnet(func(a netip.Addr) bool { return a.Is6() }) }

func (n Network) subnet(of func(netip.Addr) bool) (Subnet, bool) {
	for _, s := range n.Subnets {
		if of(s.Prefix.Addr()) {
			return s, true
		}
	}
	return Subnet{}, false
}

// bridged tells whether its containers are connected by cables with a bridge of the host.
func (n Network) bridged() bool { return n.Driver == DriverBridge || n.Driver == DriverOverlay }

// onParent tells whether its containers have shares of a link of the host.
func (n Network) onParent() bool { return n.Driver == DriverMacvlan || n.Driver == DriverIPvlan }

// CIDR is an address of the subnet with the subnet's prefix length.
func (s Subnet) CIDR(a netip.Addr) string { return netip.PrefixFrom(a, s.Prefix.Bits()).String() }

// firstAddress is the one that a bridge takes where nobody says otherwise.
func firstAddress(p netip.Prefix) netip.Addr { return p.Masked().Addr().Next() }
