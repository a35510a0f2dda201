// This file prints the layout of cgroups and what they limit as tables.
package look

import (
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
)

// WriteLayout prints where each controller is.
func WriteLayout(w io.Writer, l Layout) error {
	if _, err := fmt.Fprintf(w, "cgroups: %s\n\n", l.Mode); err != nil {
		return err
	}
	t := NewTable(w, "TREE", "VERSION", "CONTROLLERS")
	for _, tree := range l.Trees() {
		version := "1"
		if tree.Point == l.V2.Point {
			version = "2"
		}
		t.Row(tree.Point, version, strings.Join(tree.Controllers, " "))
	}
	return t.Close()
}

// WriteMemberships prints the cgroups of a process.
func WriteMemberships(w io.Writer, groups []Membership) error {
	t := NewTable(w, "TREE", "CONTROLLERS", "CGROUP")
	for _, g := range groups {
		controllers := strings.Join(g.Controllers, " ")
		if g.ID == 0 {
			controllers = "(v2)"
		}
		t.Row(strconv.Itoa(g.ID), controllers, g.Path)
	}
	return t.Close()
}

// WriteLimits prints what is limited and counted, the names that both versions of cgroups have for it, and where it stands here.
func WriteLimits(w io.Writer, limits []Limit) error {
	t := NewTable(w, "RESOURCE", "VALUE", "IN V2", "IN V1", "HERE")
	for _, l := range limits {
		v2, v1 := strings.ReplaceAll(l.V2, "#", " "), strings.ReplaceAll(l.V1, "#", " ")
		switch {
		case l.Version == 0:
			t.Row(l.Resource, "(no "+l.Controller+" controller)", v2, v1, "")
		case !l.Present:
			t.Row(l.Resource, "", v2, v1, filepath.Dir(l.File))
		default:
			t.Row(l.Resource, short(Readable(l)), v2, v1, filepath.Dir(l.File))
		}
	}
	return t.Close()
}

// short keeps the list of a long file from making the column too wide for every line; --json prints it whole.
func short(value string) string {
	const width = 40
	if runes := []rune(value); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return value
}

// Readable puts a value on one line and adds the words for numbers that mean "no limit" or bytes.
func Readable(l Limit) string {
	value := strings.ReplaceAll(l.Value, "\n", "; ")
	n, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err != nil:
		return value
	case n < 0 || n >= 1<<62:
		return value + " (no limit)"
	case l.Controller == "memory" && l.Entry == "" && n >= 1<<10:
		return fmt.Sprintf("%d (%s)", n, Bytes(n))
	}
	return value
}

// Bytes prints a size as people say it: "1.5 MiB".
func Bytes(n int64) string {
	size, unit := float64(n), 0
	for size >= 1024 && unit < 5 {
		size, unit = size/1024, unit+1
	}
	return fmt.Sprintf("%.4g %s", size, [...]string{"B", "KiB", "MiB", "GiB", "TiB", "PiB"}[unit])
}
