// This file puts what was seen into the order in which it happened: in each namespace the packet comes in, meets rules, and
// goes out.
package trace

import (
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
	"glassbox/kernel/look/capture"
	"glassbox/kernel/look/links"
)

func (w *watcher) path(p *probe) (Path, error) {
	path := Path{Hops: []Hop{}}
	if err := w.look(p); err != nil {
		return path, err
	}
	start := first(w.eyes[0].seen)
	for _, v := range w.visits(func(e *eye) []capture.Sighting { return e.seen }) {
		decisions, err := w.decisions(v.eye, p)
		if err != nil {
			return path, err
		}
		hops, err := v.passage(v.sightings, decisions, start)
		if err != nil {
			return path, err
		}
		path.Hops = append(path.Hops, hops...)
	}
	path.Dropped = slices.ContainsFunc(path.Hops, dropped)
	var err error
	if path.Back, err = w.wayBack(p, start); err != nil {
		return path, err
	}
	path.Notes, err = w.notes(path)
	return path, err
}

func dropped(h Hop) bool { return h.Verdict == "drop" }

// wayBack is the answer's: the host finds in its table of connections where it belongs. It leads through the same namespaces, or
// (first) through others.
func (w *watcher) wayBack(p *probe, start time.Time) ([]Hop, error) {
	var all []Hop
	for _, v := range w.visits(func(e *eye) []capture.Sighting { return e.back }) {
		if len(v.sightings) == 0 {
			continue
		}
		found, err := w.recalled(v.eye, p)
		if err != nil {
			return nil, err
		}
		hops, err := v.passage(v.sightings, found, start)
		if err != nil {
			return nil, err
		}
		all = append(all, hops...)
	}
	return all, nil
}

// visit is a stay of the packet in one namespace.
type visit struct {
	*eye
	sightings []capture.Sighting
}

// visits are the stays in the order in which they began. A container that asks for its own published port is left and come to
// again; the host, where it is decided, is one visit, also where no device saw the packet.
func (w *watcher) visits(of func(*eye) []capture.Sighting) []visit {
	var all []visit
	for _, e := range w.eyes {
		begun := visit{eye: e}
		left := false
		for _, s := range of(e) {
			if left && !s.Out && e.Netns != w.q.Host.Netns {
				all, begun = append(all, begun), visit{eye: e}
			}
			begun.sightings, left = append(begun.sightings, s), s.Out
		}
		all = append(all, begun)
	}
	slices.SortStableFunc(all, func(a, b visit) int { return first(a.sightings).Compare(first(b.sightings)) })
	return all
}

// passage is the way through one namespace: in by devices, what happens between, out by devices.
func (e *eye) passage(sightings []capture.Sighting, between []Hop, start time.Time) ([]Hop, error) {
	var in, out []Hop
	for _, s := range sightings {
		h := e.device(s, start)
		switch {
		case !s.Out:
			in = append(in, h)
		default:
			known, err := e.switched(s)
			if err != nil {
				return nil, err
			}
			out = append(append(out, known...), h)
		}
	}
	return slices.Concat(in, between, out), nil
}

func (e *eye) device(s capture.Sighting, start time.Time) Hop {
	l := e.links[s.Index]
	text := l.Type
	switch {
	case l.Master != "":
		text += ", port of " + l.Master
	case l.Type == "device" && l.Name != "lo":
		text = "a device of its own"
	}
	return Hop{Place: e.Name, Kind: Device, Device: l.Name, Out: s.Out, Text: text, Packet: describe(s.Packet), After: s.When.Sub(start)}
}

func describe(p capture.Packet) string {
	if p.Protocol == "icmp" {
		return p.From.Addr().String() + " > " + p.To.Addr().String()
	}
	return p.From.String() + " > " + p.To.String()
}

// switched tells what a bridge knew when it sent the frame out by one of its ports.
func (e *eye) switched(s capture.Sighting) ([]Hop, error) {
	l := e.links[s.Index]
	if l.Master == "" {
		return nil, nil
	}
	table, err := links.Forwarding(e.Netns, l.Master)
	if err != nil {
		return nil, err
	}
	text := s.Packet.ToMAC + " is not known, so the frame goes to every port"
	for _, entry := range table {
		if entry.MAC == s.Packet.ToMAC {
			text = entry.MAC + " is behind " + entry.Port
		}
	}
	return []Hop{{Place: e.Name, Kind: Switch, Device: l.Master, Text: text}}, nil
}

// notes names what may have ended the way where no rule did.
func (w *watcher) notes(path Path) ([]string, error) {
	if len(path.Hops) == 0 {
		return []string{"no device has seen the packet: there was no route, or nobody on the wire had the address"}, nil
	}
	last := path.Hops[len(path.Hops)-1]
	if path.Dropped || last.Kind == Device {
		return nil, nil
	}
	notes := []string{"it was not seen to leave " + last.Place + ": either it was for " + last.Place +
		" itself, or routing dropped it, of which the kernel tells nothing"}
	var forwarding []byte
	err := look.Inside(w.q.Host.Netns, unix.CLONE_NEWNET, func() (err error) {
		forwarding, err = os.ReadFile("/proc/sys/net/ipv4/ip_forward")
		return err
	})
	if err == nil && strings.TrimSpace(string(forwarding)) == "0" {
		notes = append(notes, "net.ipv4.ip_forward is 0: "+w.q.Host.Name+" forwards nothing")
	}
	return notes, err
}
