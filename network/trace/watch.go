// This file has eyes in every namespace that the packet might pass.
package trace

import (
	"cmp"
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
	links map[int]links.Link // by index, as they were when the packet was sent
}

type watcher struct {
	q      Question
	eyes   []*eye // the one where the packet starts is the first
	tracer *nft.Tracer
}

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
	return w, nil
}

func (w *watcher) close() {
	for _, e := range w.eyes {
		_ = e.tap.Close() // a socket that was only read
	}
	if w.tracer != nil {
		_ = w.tracer.Close()
	}
}

// look takes what the eyes have seen, where the packet starts first: there it gets known by.
func (w *watcher) look(p *probe) error {
	for _, e := range w.eyes {
		var err error
		if e.seen, err = e.tap.Seen(p.mine); err != nil {
			return err
		}
		if len(e.seen) == 0 {
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
	// In the order in which it reached them.
	slices.SortStableFunc(w.eyes[1:], func(a, b *eye) int { return cmp.Compare(a.first().UnixNano(), b.first().UnixNano()) })
	return nil
}

func (e *eye) first() time.Time {
	if len(e.seen) == 0 {
		return time.Unix(1<<40, 0) // never
	}
	return e.seen[0].When
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
