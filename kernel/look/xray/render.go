// This file prints a report for people: sections of short tables, and the sentences at the end.
package xray

import (
	"fmt"
	"io"
	"path"
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
	var parents []string
	for _, a := range r.Ancestors {
		parents = append(parents, fmt.Sprintf("%d %s", a.PID, a.Name))
	}
	p.line("Parents: %s", strings.Join(parents, ", "))
}

func (p *printer) namespaces(r Report) {
	words := map[string]string{Own: "its own", Host: "the host's", Reader: "as this command's"}
	var rows [][]string
	for _, ns := range r.Namespaces {
		whose := words[ns.Whose]
		if len(ns.With) > 0 {
			whose += fmt.Sprintf(", and process %d's", ns.With[0])
		}
		rows = append(rows, []string{ns.Type, strconv.FormatUint(ns.Inode, 10), whose, ns.Keeps})
	}
	p.table("Namespaces:", rows)
}

// cgroups prints each path once, with its controllers, and the limits that are set or counted.
func (p *printer) cgroups(r Report) {
	controllers := map[string][]string{}
	var paths []string
	for _, g := range r.Cgroups.Groups {
		if controllers[g.Path] == nil {
			paths = append(paths, g.Path)
		}
		name := strings.Join(g.Controllers, ",")
		if g.ID == 0 {
			name = "(v2)"
		}
		controllers[g.Path] = append(controllers[g.Path], name)
	}
	var rows [][]string
	for _, path := range paths {
		rows = append(rows, []string{path, spaced(controllers[path])})
	}
	p.table("Cgroups ("+r.Cgroups.Mode+"):", rows)
	p.table("Limits and use:", limitRows(r.Cgroups.Limits, false))
	p.table("Bounds, its cgroup's or of the nearest above that has one:", limitRows(r.Cgroups.Bounds, true))
}

// limitRows leaves the directory of files out where all are in the process's own cgroups.
func limitRows(limits []look.Limit, whole bool) [][]string {
	var rows [][]string
	for _, l := range limits {
		file := l.File
		if !whole {
			file = path.Base(file)
		}
		if l.Present && l.Value != "" {
			rows = append(rows, []string{l.Resource, look.Readable(l), strings.TrimSpace(file + " " + l.Entry)})
		}
	}
	return rows
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
		{"devices", deviceWords(r.Cgroups)},
		{"oom_score_adj", strconv.Itoa(r.Process.OOMScoreAdj)},
	}
	for _, l := range r.Rlimits {
		rows = append(rows, []string{l.Name, fmt.Sprintf("%s, at most %s (not as process 1)", l.Soft, l.Hard)})
	}
	p.table("Rights:", rows)
}

func deviceWords(c Cgroups) string {
	switch {
	case c.Devices == nil:
		return ""
	case c.everyDevice():
		return "every one, no rule denies any"
	}
	return "by rules: see glassbox look devices"
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
