// This file lists routes and neighbours: man 8 ip-route, ip-neighbour.
package links

import (
	"fmt"
	"net"

	"github.com/vishvananda/netlink"
)

// Route says where packets for a destination go.
type Route struct {
	To       string `json:"to"`            // "default" or "10.0.0.0/24"
	Via      string `json:"via,omitempty"` // the gateway; empty: the destination is a direct neighbour
	Link     string `json:"link"`
	Source   string `json:"source,omitempty"` // the address that our packets bear
	Scope    string `json:"scope"`
	Protocol string `json:"protocol"` // who made it: "kernel", "boot", "static"
}

// Routes lists the main routing table of a namespace, IPv4 first.
func Routes(namespace string) ([]Route, error) {
	h, err := open(namespace)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	names, err := linkNames(h, namespace)
	if err != nil {
		return nil, err
	}
	var routes []Route
	for _, family := range []int{netlink.FAMILY_V4, netlink.FAMILY_V6} {
		found, err := Whole(func() ([]netlink.Route, error) { return h.RouteList(nil, family) })
		if err != nil {
			return nil, fmt.Errorf("list the routes of %s: %w", nameOf(namespace), err)
		}
		for _, r := range found {
			routes = append(routes, Route{
				To: destination(r.Dst), Via: address(r.Gw), Link: names[r.LinkIndex], Source: address(r.Src),
				Scope: r.Scope.String(), Protocol: r.Protocol.String(),
			})
		}
	}
	return routes, nil
}

func linkNames(h *netlink.Handle, namespace string) (map[int]string, error) {
	raw, err := Whole(h.LinkList)
	if err != nil {
		return nil, fmt.Errorf("list the interfaces of %s: %w", nameOf(namespace), err)
	}
	return namesByIndex(raw), nil
}

func destination(to *net.IPNet) string {
	if to == nil {
		return "default"
	}
	if ones, _ := to.Mask.Size(); ones == 0 {
		return "default"
	}
	return to.String()
}

func address(ip net.IP) string {
	if ip == nil {
		return ""
	}
	return ip.String()
}

// Neighbour is a machine on the same wire whose hardware address is known, or was asked for.
type Neighbour struct {
	Address string `json:"address"`
	MAC     string `json:"mac,omitempty"`
	Link    string `json:"link"`
	State   string `json:"state"` // "reachable", "stale", "failed" …
}

// Neighbours lists the ARP and NDP tables of a namespace.
func Neighbours(namespace string) ([]Neighbour, error) {
	h, err := open(namespace)
	if err != nil {
		return nil, err
	}
	defer h.Close()
	names, err := linkNames(h, namespace)
	if err != nil {
		return nil, err
	}
	found, err := Whole(func() ([]netlink.Neigh, error) { return h.NeighList(0, netlink.FAMILY_ALL) })
	if err != nil {
		return nil, fmt.Errorf("list the neighbours of %s: %w", nameOf(namespace), err)
	}
	var neighbours []Neighbour
	for _, n := range found {
		if n.IP != nil && n.State != netlink.NUD_NOARP {
			neighbours = append(neighbours, Neighbour{address(n.IP), n.HardwareAddr.String(), names[n.LinkIndex], neighbourState(n.State)})
		}
	}
	return neighbours, nil
}

func neighbourState(state int) string {
	name, known := map[int]string{
		netlink.NUD_INCOMPLETE: "incomplete", netlink.NUD_REACHABLE: "reachable", netlink.NUD_STALE: "stale",
		netlink.NUD_DELAY: "delay", netlink.NUD_PROBE: "probe", netlink.NUD_FAILED: "failed",
		netlink.NUD_PERMANENT: "permanent", netlink.NUD_NONE: "none",
	}[state]
	if !known {
		return fmt.Sprintf("%#x", state)
	}
	return name
}
