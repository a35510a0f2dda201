// This file is overlay: one network across hosts. Each host has a bridge, and plugged into it the end of a tunnel that carries
// whole frames to the other hosts in UDP packets. There is no cluster that tells who is where: the peers are given by hand.
package network

import (
	"fmt"
	"net/netip"
	"strings"

	"glassbox/explain"
	"glassbox/kernel"
)

// overlayMTU leaves room for what the tunnel adds to 1500 bytes: 14 Ethernet inside, 8 VXLAN, 8 UDP, 20 IPv4.
const overlayMTU = 1450

const everyMAC = "00:00:00:00:00:00"

// peer is another host of an overlay, and the addresses of containers that are known to be on it.
type peer struct {
	Host       netip.Addr
	Containers []netip.Addr
}

// parsePeers reads HOST[=ADDRESS+ADDRESS…] separated by commas or by lines.
func parsePeers(text string) ([]peer, error) {
	var peers []peer
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == ' ' }) {
		host, containers, known := strings.Cut(word, "=")
		p := peer{}
		var err error
		if p.Host, err = netip.ParseAddr(host); err != nil {
			return nil, fmt.Errorf("peer %q: want HOST or HOST=ADDRESS+ADDRESS: %w", word, err)
		}
		if known {
			for text := range strings.SplitSeq(containers, "+") {
				a, err := netip.ParseAddr(text)
				if err != nil {
					return nil, fmt.Errorf("peer %q: want HOST or HOST=ADDRESS+ADDRESS: %w", word, err)
				}
				p.Containers = append(p.Containers, a)
			}
		}
		peers = append(peers, p)
	}
	return peers, nil
}

// tunnelName is the name of this host's end of the tunnel.
func tunnelName(n Network) string { return "gx" + n.ID[:min(len(n.ID), 12)] }

func tunnelPlan(n Network, h Host) []explain.Step {
	if h.Tunnel {
		return nil
	}
	o := overlayOf(n)
	name := tunnelName(n)
	steps := []explain.Step{explain.Say("Dig a tunnel to the other hosts",
		"frames from the bridge leave as UDP packets; they lose 50 bytes to the headers, hence MTU 1450", lesson9,
		kernel.LinkEnsureVXLAN{Name: name, Bridge: n.Bridge, ID: o.vni, Port: o.port, Local: o.local, MTU: n.MTU})}
	var flood, known []explain.Op
	for _, p := range o.peers {
		flood = append(flood, kernel.NeighbourEnsure{Link: name, MAC: everyMAC, To: p.Host.String()})
		for _, a := range p.Containers {
			known = append(known, kernel.NeighbourEnsure{Link: name, MAC: MACOf(a), To: p.Host.String()},
				kernel.NeighbourEnsure{Link: name, MAC: MACOf(a)}, kernel.NeighbourEnsure{Link: n.Bridge, MAC: MACOf(a), IP: a.String()})
		}
	}
	if len(flood) > 0 {
		steps = append(steps, explain.Say("Say where the tunnel leads",
			"a frame for all, or for whom nobody knows, is sent to every peer; answers teach the rest", lesson9, flood...))
	}
	if len(known) > 0 {
		steps = append(steps, explain.Say("Say which container is where",
			"frames for these go to one host, and the bridge answers questions for their MAC itself", lesson9,
			append(known, kernel.LinkSuppress{Name: name})...))
	}
	return steps
}
