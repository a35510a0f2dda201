// This file prints a report for people: sections of short tables, and the sentences at the end.
package xray

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"glassbox/kernel/look"
)

// Write prints a report.
func Write(w io.Writer, r Report) error {
	p := printer{w: w}
	p.process(r)
	p.namespaces(r)
	p.cgroups(r)
	p.rights(r)
	p.files(r.Files)
	p.network(r)
	p.list("\nNot read:", r.Unread)
	p.line("\nNot isolated, the heaviest first:")
	for _, f := range r.NotIsolated {
		p.line("- %s", f.Text)
	}
	return p.err
}

// printer remembers the first error.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, values ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", values...)
	}
}

// table prints rows below a heading; without rows, nothing.
func (p *printer) table(heading string, rows [][]string) {
	if len(rows) == 0 || p.err != nil {
		return
	}
	p.line("\n%s", heading)
	t := look.NewTable(p.w)
	for _, row := range rows {
		row[0] = "  " + row[0]
		t.Row(row...)
	}
	if err := t.Close(); p.err == nil {
		p.err = err
	}
}

func (p *printer) list(heading string, texts []string) {
	if len(texts) == 0 {
		return
	}
	p.line("%s", heading)
	for _, text := range texts {
		p.line("- %s", text)
	}
}

func (p *printer) process(r Report) {
	p.line("Process %d: %s", r.Process.PID, command(r.Process.Args, r.Process.Name))
	p.line("Started by: %s %s", r.StartedBy.By, r.StartedBy.ID)
	for _, e := range r.StartedBy.Evidence {
		p.line("- %s", e)
	}
}

func (p *printer) namespaces(r Report) {
	words := map[string]string{Own: "its own", Host: "the host's", Reader: "as this command's"}
	var rows [][]string
	for _, ns := range r.Namespaces {
		rows = append(rows, []string{ns.Type, strconv.FormatUint(ns.Inode, 10), words[ns.Whose], ns.Keeps})
	}
	p.table("Namespaces:", rows)
}

// cgroups prints each path once, and the limits that are set or counted.
func (p *printer) cgroups(r Report) {
	var rows [][]string
	for _, g := range r.Cgroups.Groups {
		name := strings.Join(g.Controllers, ",")
		if g.ID == 0 {
			name = "(v2)"
		}
		rows = append(rows, []string{name, g.Path})
	}
	p.table("Cgroups ("+r.Cgroups.Mode+"):", rows)
	rows = nil
	for _, l := range r.Cgroups.Limits {
		if l.Present {
			rows = append(rows, []string{l.Resource, look.Readable(l), l.File})
		}
	}
	p.table("Limits and use:", rows)
	rows = nil
	for _, l := range r.Cgroups.Bounds {
		rows = append(rows, []string{l.Resource, look.Readable(l), l.File})
	}
	p.table("Bounds (its cgroup's, or the nearest above that has one):", rows)
}

func (p *printer) rights(r Report) {
	c := r.Process.Capabilities
	rows := [][]string{
		{"user", fmt.Sprintf("%d, group %d", r.Process.UID.Effective, r.Process.GID.Effective)},
		{"user map", look.MapText(r.Process.UIDMap)}, {"group map", look.MapText(r.Process.GIDMap)},
		{"effective", c.Effective.Text()}, {"permitted", c.Permitted.Text()}, {"inheritable", c.Inheritable.Text()},
		{"bounding", c.Bounding.Text()}, {"ambient", c.Ambient.Text()},
		{"beyond Docker's 14", spaced(r.Capabilities.Extra)}, {"of Docker's 14, lacks", spaced(r.Capabilities.Lacked)},
		{"seccomp", fmt.Sprintf("%s, filters: %d", r.Process.Seccomp, r.Process.SeccompFilters)},
		{"no_new_privs", strconv.FormatBool(r.Process.NoNewPrivs)}, {"label", r.Label},
		{"oom_score_adj", strconv.Itoa(r.Process.OOMScoreAdj)},
	}
	for _, l := range r.Rlimits {
		rows = append(rows, []string{l.Name, fmt.Sprintf("%s, at most %s (not as process 1)", l.Soft, l.Hard)})
	}
	p.table("Rights:", rows)
}

func (p *printer) files(f Files) {
	rows := [][]string{{"root", fmt.Sprintf("%s, %s", f.Root.FSType, f.Root.Options)}}
	if f.Layers != nil {
		rows = append(rows, []string{"upper", f.Layers.Upper}, []string{"work", f.Layers.Work})
		for _, dir := range f.Layers.Lower {
			rows = append(rows, []string{"lower", dir})
		}
	}
	rows = append(rows, []string{"masked", spaced(f.Masked)}, []string{"read-only", spaced(f.ReadOnly)},
		[]string{"open", spaced(f.Open)}, []string{"mounts seen outside", spaced(f.Shared)}, []string{"mounts from outside", spaced(f.Follows)})
	for _, d := range f.Host {
		access := "read-only"
		if d.Writable {
			access = "writable"
		}
		rows = append(rows, []string{"of the host", fmt.Sprintf("%s at %s, %s", d.Outside, d.Inside, access)})
	}
	p.table("Files:", rows)
}

func (p *printer) network(r Report) {
	var rows [][]string
	for _, d := range r.Network.Links {
		out := d.Type
		if d.Peer != "" {
			out += ", other end " + d.Peer
		}
		if d.Bridge != "" {
			out += ", a port of " + d.Bridge
		}
		rows = append(rows, []string{d.Name, out, spaced(d.Addresses)})
	}
	p.table("Network:", rows)
	rows = nil
	for _, s := range r.Network.Listening {
		rows = append(rows, []string{s.Protocol, s.Address.String()})
	}
	p.table("Open ports:", rows)
	rows = nil
	for _, rule := range r.Network.Rules {
		rows = append(rows, []string{rule.Table, rule.Chain, rule.Text})
	}
	p.table("Rules outside that name it:", rows)
}

func spaced(words []string) string { return strings.Join(words, " ") }
