// This file reads the network of a process: its devices, the other ends of veth pairs with their bridges, the rules at that other
// end that name it, and the open ports.
package xray

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"glassbox/kernel/look"
	"glassbox/kernel/look/links"
	"glassbox/kernel/look/nft"
)

// Network is what a process has of networks. One that it shares has no Links here: they are not its.
type Network struct {
	Links     []Device      `json:"links,omitempty"`
	Rules     []Rule        `json:"rules,omitempty"`     // of nftables, outside, that name its addresses, its port or its bridge
	Listening []look.Socket `json:"listening,omitempty"` // open ports; of a shared network those of this process
}

// Device is a network interface, and how it leads out.
type Device struct {
	links.Link
	Peer   string `json:"peer,omitempty"`   // the other end of a veth pair, outside
	Bridge string `json:"bridge,omitempty"` // the bridge that the peer is a port of
	Where  string `json:"where,omitempty"`  // the file of the namespace in which both are
}

// Rule is one rule, or one element of a set or map.
type Rule struct {
	Table string `json:"table"` // "inet glassbox"
	Chain string `json:"chain"` // or the set
	Text  string `json:"text"`
}

func (r *Report) readNetwork(pid int) error {
	sockets, err := look.Listening(pid)
	if err != nil {
		return err
	}
	r.Network.Listening = sockets
	if !r.owns("net") {
		r.Network.Listening = slices.DeleteFunc(sockets, func(s look.Socket) bool { return !s.Own })
		return nil
	}
	all, err := links.List(look.NamespacePath(pid, "net"))
	if err != nil {
		return err
	}
	for _, l := range all {
		d := Device{Link: l}
		if err := d.lookOut(pid); err != nil {
			r.read("the other end of "+l.Name, err)
		}
		r.Network.Links = append(r.Network.Links, d)
	}
	return r.readRules()
}

// lookOut finds the other end.
func (d *Device) lookOut(pid int) error {
	if d.Type != "veth" {
		return nil
	}
	end, err := links.Peer(look.NamespacePath(pid, "net"), d.Name)
	if errors.Is(err, links.ErrNoPeer) {
		d.Peer = "(in a namespace that nobody is in)"
		return nil
	}
	if err != nil {
		return err
	}
	d.Peer, d.Bridge, d.Where = end.Link.Name, end.Link.Master, end.File
	return nil
}

// readRules searches the rules of each namespace to which a device leads.
func (r *Report) readRules() error {
	searched := map[string]bool{}
	for _, d := range r.Network.Links {
		if d.Where == "" || searched[d.Where] {
			continue
		}
		searched[d.Where] = true
		tables, err := nft.Tables(d.Where)
		if err != nil {
			return err
		}
		r.Network.Rules = append(r.Network.Rules, naming(tables, r.Network.names(d.Where))...)
	}
	return nil
}

// names are the words by which rules of a namespace can mean this process.
func (n Network) names(where string) []string {
	var words []string
	for _, d := range n.Links {
		if d.Where != where {
			continue
		}
		for _, a := range d.Addresses {
			address, _, _ := strings.Cut(a, "/")
			words = append(words, address)
		}
		words = append(words, d.Peer)
		if d.Bridge != "" {
			words = append(words, d.Bridge)
		}
	}
	return words
}

// naming picks the rules and elements in which one of the words stands, as a whole word.
func naming(tables []nft.Table, words []string) []Rule {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = regexp.QuoteMeta(word)
	}
	x := regexp.MustCompile(`(^|[^0-9A-Za-z.:_-])(` + strings.Join(quoted, "|") + `)($|[^0-9A-Za-z.:_-])`)
	var found []Rule
	for _, t := range tables {
		name := t.Family + " " + t.Name
		for _, s := range t.Sets {
			for _, e := range s.Elements {
				if text := strings.TrimSuffix(fmt.Sprintf("%s : %s", e.Key, e.Value), " : "); x.MatchString(text) {
					found = append(found, Rule{name, s.Name, text})
				}
			}
		}
		for _, c := range t.Chains {
			for _, rule := range c.Rules {
				if x.MatchString(rule.Text) {
					found = append(found, Rule{name, c.Name, rule.Text})
				}
			}
		}
	}
	return found
}
