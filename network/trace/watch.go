// This file has eyes in every namespace that the packet might pass.
package trace

import (
	"net/netip"
	"slices"
	"time"

	"glassbox/kernel/look/capture"
	"glassbox/kernel/look/flows"
	"glassbox/kernel/look/links"
	"glassbox/kernel/look/nft"
)

// eye is one namespace that is watched.
type eye struct {
	Place
	tap   *capture.Tap
	seen  []capture.Sighting
	back  []capture.Sighting // of the answer
	links map[int]links.Link // by index, as they were when the packet was sent
}

type watcher struct {
	q      Question
	eyes   []*eye // the one where the packet starts is the first
	tracer *nft.Tracer
}

// settle is given to the kernel, which begins to stamp packets with their time a moment after it was asked to; until then a
// packet has the time at which it is read, and the order would be wrong.
const settle = 30 * time.Millisecond

func watch(q Question) (*watcher, error) {
	w := &watcher{q: q}
	var known []string
	for _, place := range slices.Concat([]Place{q.From, q.Host}, q.Others) {
		if slices.Contains(known, place.Netns) {
			continue
		}
		known = append(known, place.Netns)
		e := &eye{Place: place, links: map[int]links.Link{}}
		var err error
		if e.tap, err = capture.Open(place.Netns); err != nil {
			w.close()
			return nil, err
		}
		w.eyes = append(w.eyes, e)
	}
	var err error
	if w.tracer, err = nft.Listen(q.Host.Netns); err != nil {
		w.close()
		return nil, err
	}
	time.Sleep(settle)
	return w, nil
}

func (w *watcher) close() {
	for _, e := range w.eyes {
		_ = e.tap.Close() // a socket that was only read
	}
	if w.tracer != nil {
		_ = w.tracer.Close() // as above
	}
}

// look takes what the eyes have seen, where the packet starts first: there it gets known by.
func (w *watcher) look(p *probe) error {
	for _, e := range w.eyes {
		if err := e.look(p); err != nil {
			return err
		}
		if len(e.seen)+len(e.back) == 0 {
			continue
		}
		all, err := links.List(e.Netns)
		if err != nil {
			return err
		}
		for _, l := range all {
			e.links[l.Index] = l
		}
	}
	return nil
}

// look keeps the packet and its answer apart.
func (e *eye) look(p *probe) error {
	var went []capture.Packet
	all, err := e.tap.Seen(func(seen capture.Packet) bool {
		if p.mine(seen) {
			went = append(went, seen)
			return true
		}
		return p.answers(seen, went)
	})
	slices.SortStableFunc(all, func(a, b capture.Sighting) int { return a.When.Compare(b.When) })
	for _, s := range all {
		if p.mine(s.Packet) {
			e.seen = append(e.seen, s)
		} else {
			e.back = append(e.back, s)
		}
	}
	return err
}

func first(list []capture.Sighting) time.Time {
	if len(list) == 0 {
		return time.Unix(1<<40, 0) // never
	}
	return list[0].When
}

// flow finds what connection tracking keeps of the packet.
func (w *watcher) flow(p *probe) (flows.Flow, bool, error) {
	all, err := flows.List(w.q.Host.Netns)
	if err != nil {
		return flows.Flow{}, false, err
	}
	for _, f := range all {
		same := f.From.Port() == p.number
		if p.protocol() == "icmp" { // the library does not read the number of an echo
			same = len(w.eyes[0].seen) == 0 || f.From.Addr() == w.eyes[0].seen[0].Packet.From.Addr()
		}
		if same && f.Protocol == p.protocol() && f.To == netip.AddrPortFrom(w.q.To, w.q.Port) {
			return f, true, nil
		}
	}
	return flows.Flow{}, false, nil
}
