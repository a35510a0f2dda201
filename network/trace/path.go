// This file puts what was seen into the order in which it happened: in each namespace the packet comes in, meets rules, and
// goes out.
package trace

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
	"glassbox/kernel/look/capture"
	"glassbox/kernel/look/links"
	"glassbox/kernel/look/nft"
	ours "glassbox/kernel/nft"
)

func (w *watcher) path(p *probe) (Path, error) {
	path := Path{Hops: []Hop{}}
	if err := w.look(p); err != nil {
		return path, err
	}
	start := w.eyes[0].first()
	for _, e := range w.eyes {
		hops, err := w.passage(e, p, start)
		if err != nil {
			return path, err
		}
		path.Hops = append(path.Hops, hops...)
	}
	path.Dropped = slices.ContainsFunc(path.Hops, dropped)
	var err error
	path.Notes, err = w.notes(path)
	return path, err
}

func dropped(h Hop) bool { return h.Verdict == "drop" }

// passage is the packet's way through one namespace.
func (w *watcher) passage(e *eye, p *probe, start time.Time) ([]Hop, error) {
	var in, out []Hop
	for _, s := range e.seen {
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
	var between []Hop
	if e.Netns == w.q.Host.Netns {
		var err error
		if between, err = w.decisions(e, p); err != nil {
			return nil, err
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

// decisions are the rules that the packet met on the host, and what connection tracking keeps of it.
func (w *watcher) decisions(e *eye, p *probe) ([]Hop, error) {
	met, err := w.tracer.Heard()
	if err != nil {
		return nil, err
	}
	tables, err := nft.Tables(e.Netns)
	if err != nil {
		return nil, err
	}
	var hops []Hop
	for _, m := range met {
		atEnd := m.Handle == 0 && m.Verdict == "continue" // of the chain; its policy comes next
		if m.Table != ours.TraceTable && !atEnd {
			hops = append(hops, ruleHop(e.Name, m, tables))
		}
	}
	if slices.ContainsFunc(hops, dropped) {
		return hops, nil // and no connection is kept
	}
	f, tracked, err := w.flow(p)
	if err != nil || !tracked {
		return hops, err
	}
	text := "kept as it is"
	if what := f.Translated(); what != "" {
		text = fmt.Sprintf("%s translated: answers come as %v > %v", what, f.AnswerFrom, f.AnswerTo)
	}
	return append(hops, Hop{Place: e.Name, Kind: Connection, Packet: fmt.Sprintf("%v > %v", f.From, f.To), Text: text}), nil
}

func ruleHop(place string, m nft.Met, tables []nft.Table) Hop {
	h := Hop{Place: place, Kind: Rule, Verdict: m.Verdict, Text: fmt.Sprintf("%s %s %s: ", m.Family, m.Table, m.Chain)}
	if m.Handle == 0 {
		h.Text += "no rule decides, but its policy"
		return h
	}
	for _, t := range tables {
		for _, c := range t.Chains {
			if t.Family != m.Family || t.Name != m.Table || c.Name != m.Chain {
				continue
			}
			for _, r := range c.Rules {
				if r.Handle == m.Handle {
					h.Text += r.Text
				}
			}
		}
	}
	return h
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
