// This file draws a network in text.
package topology

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Write draws the picture, and below it what decides about packets.
func (t Topology) Write(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", t.title())
	rows := t.rows()
	width := 0
	for _, r := range rows {
		width = max(width, utf8.RuneCountInString(r))
	}
	for i, r := range rows {
		corner := "┤"
		if i == 0 {
			corner = "┐"
		}
		fmt.Fprintf(&b, "  %s%s─%s\n", r, strings.Repeat("─", width-utf8.RuneCountInString(r)), corner)
	}
	margin := strings.Repeat(" ", width+3)
	fmt.Fprintf(&b, "%s└─ %s\n", margin, strings.Join(append([]string{t.Link.Name}, t.Link.Addresses...), " "))
	if len(t.Uplinks) > 0 {
		fmt.Fprintf(&b, "%s   │ routing, rules\n", margin)
	}
	for _, u := range t.Uplinks {
		fmt.Fprintf(&b, "%s   └─ %s, default via %s\n", margin, strings.Join(append([]string{u.Device}, u.Addresses...), " "), u.Via)
	}
	if len(t.Uplinks) == 0 {
		fmt.Fprintf(&b, "%s   (the host has no default route)\n", margin)
	}
	t.writeTunnels(&b)
	t.writeRules(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (t Topology) title() string {
	if t.Link.Type == "none" {
		return fmt.Sprintf("%s: the kernel has no link %s; the first container makes it", t.Name, t.Link.Name)
	}
	state := "down"
	if t.Link.Up {
		state = "up"
	}
	return fmt.Sprintf("%s: %s, a %s, MTU %d, %s", t.Name, t.Link.Name, t.Link.Type, t.Link.MTU, state)
}

// rows are the members, one a line, in columns.
func (t Topology) rows() []string {
	place, inside := 0, 0
	for _, m := range t.Members {
		place, inside = max(place, len(m.Place)), max(inside, len(m.inside()))
	}
	var rows []string
	for _, m := range t.Members {
		rows = append(rows, strings.TrimRight(fmt.Sprintf("%-*s  %-*s %s", place, m.Place, inside, m.inside(), cableTo(m.Port)), " ")+" ")
	}
	for _, tunnel := range t.Tunnels {
		rows = append(rows, fmt.Sprintf("other hosts: %s ─── %s ", strings.Join(tunnel.Peers, " "), tunnel.Port))
	}
	return rows
}

// cableTo: a share of a link has no cable.
func cableTo(port string) string {
	if port == "" {
		return ""
	}
	return "─── " + port
}

func (m Member) inside() string {
	return strings.Join(append([]string{m.Device}, m.Addresses...), " ")
}

// writeTunnels tells where a frame for an address goes; that for all others is the address of zeros.
func (t Topology) writeTunnels(b *strings.Builder) {
	for _, tunnel := range t.Tunnels {
		fmt.Fprintf(b, "\n%s is VXLAN network %d. It sends frames for\n", tunnel.Port, tunnel.VNI)
		for _, f := range tunnel.Entries {
			what := f.MAC
			if f.MAC == "00:00:00:00:00:00" {
				what = "unknown addresses"
			} else if f.Learned {
				what += " (learned)"
			}
			fmt.Fprintf(b, "  %s to %s\n", what, f.To)
		}
	}
}

func (t Topology) writeRules(b *strings.Builder) {
	if len(t.Published) > 0 {
		fmt.Fprintf(b, "\nPublished:\n  %s\n", strings.Join(t.Published, "\n  "))
	}
	if len(t.Rules) > 0 {
		b.WriteString("\nRules that name it:\n")
	}
	for _, r := range t.Rules {
		fmt.Fprintf(b, "  %s: %s\n", r.Chain, r.Text)
	}
	b.WriteString("\n")
	if len(t.Difference) == 0 {
		b.WriteString("The books say the same.\n")
	}
	for _, d := range t.Difference {
		fmt.Fprintf(b, "Difference: %s.\n", d)
	}
}
