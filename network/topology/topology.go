// Package topology draws a network from what the kernel says: links, addresses, routes, rules. Our books are asked for one thing
// only: whether they say the same.
//
//	topology.go  Topology, Read: what is there
//	books.go     Differences: what the books say otherwise
//	text.go      the picture in text
//	svg.go       the same as SVG
package topology

import (
	"errors"
	"os"
	"slices"
	"strings"

	"glassbox/kernel/look/links"
	"glassbox/kernel/look/nft"
)

// Topology is one network.
type Topology struct {
	Name       string      `json:"name"`
	Link       links.Link  `json:"link"` // the bridge, or the parent of macvlan links
	Members    []Member    `json:"members"`
	Tunnels    []Tunnel    `json:"tunnels,omitempty"`
	Uplinks    []Uplink    `json:"uplinks"`
	Rules      []Statement `json:"rules"`     // that name the link or its addresses
	Published  []string    `json:"published"` // tcp . 8080 -> 10.44.0.2 . 80
	Difference []string    `json:"differences"`
}

// Member is one end of a cable.
type Member struct {
	Place     string   `json:"place"`          // the container, or what else is known of the namespace
	Device    string   `json:"device"`         // in there
	Addresses []string `json:"addresses"`      // in there
	MAC       string   `json:"mac"`            // in there
	Port      string   `json:"port,omitempty"` // of the bridge
}

// Tunnel is a VXLAN device among the ports: the way to other hosts.
type Tunnel struct {
	Port    string          `json:"port"`
	VNI     int             `json:"vni"`
	Peers   []string        `json:"peers"`   // the other hosts
	Entries []links.Forward `json:"entries"` // which hardware address is behind which of them
}

// Uplink is a way to the world.
type Uplink struct {
	Device    string   `json:"device"`
	Addresses []string `json:"addresses"`
	Via       string   `json:"via"`
}

// Statement is one rule.
type Statement struct {
	Chain string `json:"chain"` // inet glassbox forward
	Text  string `json:"text"`
}

// Place is a network namespace by the name people know.
type Place struct{ Name, Netns string }

// Read looks at the network whose bridge, or parent, is the link of this name in the namespace host ("" is our own).
func Read(name, link, host string, places []Place) (Topology, error) {
	t := Topology{Name: name, Members: []Member{}, Uplinks: []Uplink{}, Rules: []Statement{}, Published: []string{}, Difference: []string{}}
	all, err := list(host)
	if err != nil {
		return t, err
	}
	at := slices.IndexFunc(all, func(l links.Link) bool { return l.Name == link })
	if at < 0 {
		t.Link = links.Link{Name: link, Type: "none"}
		return t, nil
	}
	t.Link = all[at]
	if err := t.readPorts(host, all, places); err != nil {
		return t, err
	}
	if err := t.readOffspring(places); err != nil {
		return t, err
	}
	if err := t.readUplinks(host, all); err != nil {
		return t, err
	}
	return t, t.readRules(host)
}

// list leaves out what every device gives itself: link-local addresses.
func list(netns string) ([]links.Link, error) {
	all, err := links.List(netns)
	for i := range all {
		all[i].Addresses = outward(all[i].Addresses)
	}
	return all, err
}

func outward(addresses []string) []string {
	return slices.DeleteFunc(addresses, func(a string) bool { return strings.HasPrefix(a, "fe80:") })
}

// readPorts follows the cable of each port to its other end.
func (t *Topology) readPorts(host string, all []links.Link, places []Place) error {
	for _, l := range all {
		switch {
		case l.Master != t.Link.Name:
		case l.Type == "vxlan":
			table, err := links.Forwarding(host, l.Name)
			if err != nil {
				return err
			}
			t.Tunnels = append(t.Tunnels, newTunnel(l, table))
		case l.Type != "veth":
			t.Members = append(t.Members, Member{Place: "this host", Device: l.Name, Addresses: l.Addresses, MAC: l.MAC, Port: l.Name})
		default:
			m := Member{Place: "a namespace that nothing shows", Port: l.Name}
			end, err := links.Peer(host, l.Name)
			if err != nil && !errors.Is(err, links.ErrNoPeer) {
				return err
			}
			if err == nil {
				m.Place, m.Device, m.Addresses, m.MAC = placeOf(end.File, places), end.Link.Name, outward(end.Link.Addresses), end.Link.MAC
			}
			t.Members = append(t.Members, m)
		}
	}
	slices.SortStableFunc(t.Members, func(a, b Member) int { return strings.Compare(a.Place, b.Place) })
	return nil
}

func newTunnel(l links.Link, table []links.Forward) Tunnel {
	tunnel := Tunnel{Port: l.Name, VNI: l.VNI, Entries: []links.Forward{}}
	for _, f := range table {
		if f.To == "" {
			continue
		}
		tunnel.Entries = append(tunnel.Entries, f)
		if !slices.Contains(tunnel.Peers, f.To) {
			tunnel.Peers = append(tunnel.Peers, f.To)
		}
	}
	return tunnel
}

// readOffspring finds macvlan and ipvlan links, which have no cable: they know the index of the link below them.
func (t *Topology) readOffspring(places []Place) error {
	for _, p := range places {
		all, err := list(p.Netns)
		if err != nil {
			return err
		}
		for _, l := range all {
			if (l.Type == "macvlan" || l.Type == "ipvlan") && l.Parent == t.Link.Index {
				t.Members = append(t.Members, Member{Place: p.Name, Device: l.Name, Addresses: l.Addresses, MAC: l.MAC})
			}
		}
	}
	return nil
}

// placeOf finds the name of a namespace. All files of one namespace are the same file to stat, bind mounts included.
func placeOf(file string, places []Place) string {
	wanted, err := os.Stat(file)
	if err != nil {
		return file
	}
	for _, p := range places {
		if other, err := os.Stat(p.Netns); err == nil && os.SameFile(wanted, other) {
			return p.Name
		}
	}
	return file
}

func (t *Topology) readUplinks(host string, all []links.Link) error {
	routes, err := links.Routes(host)
	if err != nil {
		return err
	}
	for _, r := range routes {
		six := strings.Contains(r.Via, ":")
		if r.To != "default" || len(t.Link.Addresses) > 0 && len(ofGeneration(t.Link.Addresses, six)) == 0 {
			continue
		}
		u := Uplink{Device: r.Link, Via: r.Via}
		for _, l := range all {
			if l.Name == r.Link {
				u.Addresses = ofGeneration(l.Addresses, six)
			}
		}
		t.Uplinks = append(t.Uplinks, u)
	}
	return nil
}

// ofGeneration chooses the addresses of IPv6, or the others. Those that every link makes itself lead nowhere.
func ofGeneration(addresses []string, six bool) []string {
	return slices.DeleteFunc(slices.Clone(addresses), func(a string) bool {
		return strings.Contains(a, ":") != six || strings.HasPrefix(a, "fe80:")
	})
}

// readRules chooses the rules and the elements of maps that name the link or an address of a member, be it by a set.
func (t *Topology) readRules(host string) error {
	tables, err := nft.Tables(host)
	if err != nil {
		return err
	}
	for _, table := range tables {
		sets := t.readSets(table)
		for _, c := range table.Chains {
			for _, r := range c.Rules {
				if t.concerns(r.Text) || slices.ContainsFunc(sets, func(s string) bool { return slices.Contains(strings.Fields(r.Text), s) }) {
					t.Rules = append(t.Rules, Statement{Chain: table.Family + " " + table.Name + " " + c.Name, Text: r.Text})
				}
			}
		}
	}
	return nil
}

// readSets returns, as rules write it, the names of the sets that the link is in, and notes which ports lead to members.
func (t *Topology) readSets(table nft.Table) []string {
	var in []string
	for _, s := range table.Sets {
		for _, e := range s.Elements {
			if e.Value != "" && t.isMember(e.Value) {
				t.Published = append(t.Published, e.Key+" -> "+e.Value)
			}
			if name := "@" + s.Name; e.Value == "" && t.concerns(e.Key) && !slices.Contains(in, name) {
				in = append(in, name)
			}
		}
	}
	return in
}

// isMember tells whether a map's value, "10.44.0.2 . 80", is a member's address.
func (t *Topology) isMember(value string) bool {
	address, _, _ := strings.Cut(value, " ")
	for _, m := range t.Members {
		for _, a := range m.Addresses {
			if own, _, _ := strings.Cut(a, "/"); own == address {
				return true
			}
		}
	}
	return false
}

func (t *Topology) concerns(rule string) bool {
	return strings.Contains(rule, `"`+t.Link.Name+`"`) || slices.ContainsFunc(t.Link.Addresses, func(a string) bool {
		own, _, _ := strings.Cut(a, "/")
		return strings.Contains(rule, network(a)) || strings.Contains(rule, own)
	})
}
