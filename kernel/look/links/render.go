// This file prints interfaces, routes and neighbours as tables.
package links

import (
	"io"
	"strconv"
	"strings"

	"glassbox/kernel/look"
)

// WriteLinks prints interfaces. "veth:7" is a veth whose other end has the index 7, in its own namespace.
func WriteLinks(w io.Writer, links []Link) error {
	t := look.NewTable(w, "INDEX", "NAME", "TYPE", "UP", "STATE", "MASTER", "MTU", "MAC", "ADDRESSES")
	for _, l := range links {
		kind := l.Type
		if l.PeerIndex != 0 {
			kind += ":" + strconv.Itoa(l.PeerIndex)
		}
		up := "no"
		if l.Up {
			up = "yes"
		}
		t.Row(strconv.Itoa(l.Index), l.Name, kind, up, l.State, l.Master, strconv.Itoa(l.MTU), l.MAC, strings.Join(l.Addresses, " "))
	}
	return t.Close()
}

// WriteRoutes prints routes.
func WriteRoutes(w io.Writer, routes []Route) error {
	t := look.NewTable(w, "TO", "VIA", "INTERFACE", "SOURCE", "SCOPE", "MADE BY")
	for _, r := range routes {
		t.Row(r.To, r.Via, r.Link, r.Source, r.Scope, r.Protocol)
	}
	return t.Close()
}

// WriteNeighbours prints neighbours.
func WriteNeighbours(w io.Writer, neighbours []Neighbour) error {
	t := look.NewTable(w, "ADDRESS", "MAC", "INTERFACE", "STATE")
	for _, n := range neighbours {
		t.Row(n.Address, n.MAC, n.Link, n.State)
	}
	return t.Close()
}
