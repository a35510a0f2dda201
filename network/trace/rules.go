// This file tells what the host decided about the packet: the rules that it met, and what connection tracking keeps of it.
package trace

import (
	"fmt"
	"slices"
	"strings"

	"glassbox/kernel/look/nft"
	ours "glassbox/kernel/nft"
)

// decisions are the rules that the packet met on the host, and what connection tracking keeps of it.
func (w *watcher) decisions(e *eye, p *probe) ([]Hop, error) {
	if e.Netns != w.q.Host.Netns {
		return nil, nil
	}
	met, err := w.tracer.Heard()
	if err != nil {
		return nil, err
	}
	tables, err := nft.Tables(e.Netns)
	if err != nil {
		return nil, err
	}
	var hops []Hop
	for _, m := range ofPacket(met, p) {
		atEnd := m.Handle == 0 && m.Verdict == "continue" // of the chain; its policy comes next
		if !strings.HasPrefix(m.Table, ours.TracePrefix) && !atEnd {
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

// ofPacket leaves out the packets that others follow at the same time. The kernel's number for ours may change on its way.
func ofPacket(met []nft.Met, p *probe) []nft.Met {
	mine := map[uint32]bool{}
	return slices.DeleteFunc(met, func(m nft.Met) bool {
		if m.Transport != nil {
			mine[m.Packet] = p.begins(m.Transport)
		}
		return !mine[m.Packet]
	})
}

// recalled is what connection tracking does with an answer on the host.
func (w *watcher) recalled(e *eye, p *probe) ([]Hop, error) {
	if e.Netns != w.q.Host.Netns {
		return nil, nil
	}
	f, tracked, err := w.flow(p)
	if err != nil || !tracked {
		return nil, err
	}
	text := fmt.Sprintf("answers %v > %v", f.From, f.To)
	if f.Translated() != "" {
		text += fmt.Sprintf(", and is translated back to %v > %v", f.To, f.From)
	}
	return []Hop{{Place: e.Name, Kind: Connection, Packet: fmt.Sprintf("%v > %v", f.AnswerFrom, f.AnswerTo), Text: text}}, nil
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
