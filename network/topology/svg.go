// This file draws a network as SVG.
package topology

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// Sizes of the picture.
const (
	boxWidth  = 260
	boxHeight = 44
	rowHeight = 60
	hostLeft  = 360
	portWidth = 130
)

// WriteSVG draws containers on the left, the bridge in the host, and the ways out on the right.
func (t Topology) WriteSVG(w io.Writer) error {
	rows := max(len(t.Members)+len(t.Tunnels), len(t.Uplinks), 1)
	height := rows*rowHeight + 80
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="1040" height="%d" font-family="sans-serif" font-size="13">`+"\n", height)
	fmt.Fprintf(&b, `<text x="16" y="24" font-size="16">%s</text>`+"\n", html.EscapeString(t.title()))
	fmt.Fprintf(&b, `<rect x="%d" y="40" width="400" height="%d" fill="#f4f6f8" stroke="#90a4ae"/><text x="%d" y="58">the host</text>`+"\n",
		hostLeft-10, height-50, hostLeft)
	middle := 70 + rows*rowHeight/2
	box(&b, hostLeft+190, middle-boxHeight/2, 190, "#bbdefb", t.Link.Name, strings.Join(t.Link.Addresses, " "))
	y := 70
	for _, m := range t.Members {
		box(&b, 16, y, boxWidth, "#c8e6c9", m.Place, m.inside())
		cable(&b, 16+boxWidth, y+boxHeight/2, hostLeft+190, middle, m.Port)
		y += rowHeight
	}
	for _, tunnel := range t.Tunnels {
		box(&b, 16, y, boxWidth, "#ffe0b2", "other hosts", strings.Join(tunnel.Peers, " "))
		cable(&b, 16+boxWidth, y+boxHeight/2, hostLeft+190, middle, tunnel.Port)
		y += rowHeight
	}
	for i, u := range t.Uplinks {
		top := 70 + i*rowHeight
		box(&b, 780, top, 244, "#e1bee7", u.Device, strings.TrimSpace(strings.Join(u.Addresses, " ")+" via "+u.Via))
		line(&b, hostLeft+380, middle, 780, top+boxHeight/2)
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func box(b *strings.Builder, x, y, width int, colour, title, text string) {
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" rx="4" fill="%s" stroke="#546e7a"/>`, x, y, width, boxHeight, colour)
	fmt.Fprintf(b, `<text x="%d" y="%d" font-weight="bold">%s</text><text x="%d" y="%d">%s</text>`+"\n",
		x+8, y+18, html.EscapeString(title), x+8, y+36, html.EscapeString(text))
}

// cable is a line into the host, level as long as the name of the bridge's port stands on it.
func cable(b *strings.Builder, x1, y1, x2, y2 int, port string) {
	line(b, x1, y1, hostLeft+portWidth, y1)
	line(b, hostLeft+portWidth, y1, x2, y2)
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`+"\n", hostLeft+4, y1-4, html.EscapeString(port))
}

func line(b *strings.Builder, x1, y1, x2, y2 int) {
	fmt.Fprintf(b, `<line x1="%d" y1="%d" x2="%d" y2="%d" stroke="#37474f"/>`, x1, y1, x2, y2)
}
