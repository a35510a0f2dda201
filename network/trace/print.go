// This file prints a path for people.
package trace

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Write prints one line a hop.
func (p Path) Write(w io.Writer) error {
	var b strings.Builder
	writeHops(&b, p.Hops)
	switch {
	case p.Dropped:
		fmt.Fprintf(&b, "The packet ends at %d: a rule drops it.\n", len(p.Hops))
	case len(p.Hops) > 0:
		last := p.Hops[len(p.Hops)-1]
		fmt.Fprintf(&b, "Last seen in %s.\n", last.Place)
	}
	fmt.Fprintf(&b, "Answer: %s.\n", p.Answer)
	if len(p.Back) > 0 {
		b.WriteString("Its way back:\n")
		writeHops(&b, p.Back)
	}
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "Note: %s.\n", n)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeHops(b *strings.Builder, hops []Hop) {
	width := 0
	for _, h := range hops {
		width = max(width, len(h.Place))
	}
	for i, h := range hops {
		fmt.Fprintf(b, "%2d  %-*s  %s\n", i+1, width, h.Place, h.line())
	}
}

func (h Hop) line() string {
	switch h.Kind {
	case Rule:
		return fmt.Sprintf("rule   %s -> %s", h.Text, h.Verdict)
	case Switch:
		return fmt.Sprintf("bridge %s: %s", h.Device, h.Text)
	case Connection:
		return fmt.Sprintf("conntrack  %s: %s", h.Packet, h.Text)
	}
	direction := "in    "
	if h.Out {
		direction = "out   "
	}
	return fmt.Sprintf("%s %-15s %s (%s) +%v", direction, h.Device, h.Packet, h.Text, h.After.Round(time.Microsecond))
}
