// This file is `glassbox ps`.
package command

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/docker/go-units"
	api "github.com/moby/moby/api/types/container"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func psCommand() *cli.Command {
	return &cli.Command{
		Name: "ps", Usage: "list containers", Aliases: []string{"ls"},
		UsageText: "glassbox ps [flags]\n\nglassbox ps -a --filter status=exited --format '{{.Names}}: {{.Status}}'",
		Flags: []cli.Flag{
			flagSwitch("all", "those that do not run, too", "a"),
			flagSwitch("quiet", "ids alone", "q"),
			flagSwitch("no-trunc", "whole ids and commands"),
			flagSwitch("size", "how much their files take", "s"),
			flagSwitch("latest", "the newest one, running or not", "l"),
			&cli.IntFlag{Name: "last", Aliases: []string{"n"}, Value: -1, Usage: "`NUMBER` that many of the newest, running or not"},
			flagList("filter", "`NAME=VALUE` only those of this "+strings.Join(engine.ContainerFilters(), ", "), "f"),
			flagText("format", "`TEMPLATE` json, table TEMPLATE, or a Go template such as '{{.ID}} {{.Names}}'"),
		},
		Action: ps,
	}
}

func ps(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	filters, err := engine.ParseFilters(c.StringSlice("filter"), engine.ContainerFilters())
	if err != nil {
		return usageError{err.Error(), 1}
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	format := c.String("format")
	r := engine.ListRequest{All: c.Bool("all"), Last: max(c.Int("last"), 0), Filters: filters, Size: c.Bool("size") || strings.Contains(format, ".Size")}
	if c.Bool("latest") {
		r.Last = 1
	}
	list, err := e.List(c.Context, r)
	if err != nil {
		return err
	}
	rows := make([]any, len(list))
	for i, s := range list {
		rows[i] = rowOf(s, c.Bool("no-trunc"), time.Now())
	}
	switch {
	case c.Bool("quiet"):
		format = "{{.ID}}"
	case format == "" || format == "table":
		format = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}"
		if c.Bool("size") {
			format += "\t{{.Size}}"
		}
	}
	return printRows(c.App.Writer, format, psHeadings(), rows)
}

// psRow has the fields that Docker's templates know.
type psRow struct {
	Command, CreatedAt, HealthStatus, ID, Image, Labels, LocalVolumes, Mounts, Names, Networks, Platform, Ports, RunningFor, Size, State, Status string

	labels map[string]string
}

// Label is one of the labels, for templates: {{.Label "team"}}.
func (r psRow) Label(name string) string { return r.labels[name] }

func psHeadings() map[string]string {
	return map[string]string{"ID": "CONTAINER ID", "Image": "IMAGE", "Command": "COMMAND", "CreatedAt": "CREATED AT",
		"RunningFor": "CREATED", "Ports": "PORTS", "State": "STATE", "Status": "STATUS", "Names": "NAMES", "Labels": "LABELS",
		"Size": "SIZE", "Networks": "NETWORKS", "Mounts": "MOUNTS", "LocalVolumes": "LOCAL VOLUMES", "HealthStatus": "HEALTH STATUS", "Platform": "PLATFORM"}
}

func rowOf(s api.Summary, whole bool, now time.Time) psRow {
	created := time.Unix(s.Created, 0)
	row := psRow{
		ID: s.ID, Image: s.Image, Command: s.Command, CreatedAt: created.Local().Format("2006-01-02 15:04:05 -0700 MST"),
		RunningFor: units.HumanDuration(now.Sub(created)) + " ago", Ports: portList(s.Ports), State: string(s.State), Status: s.Status,
		Names: strings.TrimPrefix(s.Names[0], "/"), Labels: labelList(s.Labels), labels: s.Labels, Networks: s.HostConfig.NetworkMode,
		HealthStatus: string(s.Health.Status), Platform: "linux", Size: units.HumanSizeWithPrecision(float64(s.SizeRw), 3),
	}
	if s.SizeRootFs > 0 {
		row.Size += " (virtual " + units.HumanSizeWithPrecision(float64(s.SizeRootFs), 3) + ")"
	}
	if s.NetworkSettings != nil && len(s.NetworkSettings.Networks) > 0 {
		row.Networks = strings.Join(slices.Sorted(maps.Keys(s.NetworkSettings.Networks)), ",")
	}
	var mounts []string
	volumes := 0
	for _, m := range s.Mounts {
		name := m.Source
		if m.Name != "" {
			name, volumes = m.Name, volumes+1
		}
		mounts = append(mounts, name)
	}
	row.Mounts, row.LocalVolumes = strings.Join(mounts, ","), strconv.Itoa(volumes)
	if !whole {
		row.ID, row.Command = engine.ShortID(s.ID), shorten(row.Command, 20)
	}
	row.Command = strconv.Quote(row.Command)
	return row
}

func shorten(s string, length int) string {
	if utf8.RuneCountInString(s) <= length {
		return s
	}
	return string([]rune(s)[:length-1]) + "…"
}

// portList writes ports as Docker does: neighbours that keep their number as one range, and those that change it at the end.
func portList(ports []api.PortSummary) string {
	ports = slices.SortedFunc(slices.Values(ports), func(a, b api.PortSummary) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), a.IP.Compare(b.IP), cmp.Compare(a.PrivatePort, b.PrivatePort), cmp.Compare(a.PublicPort, b.PublicPort))
	})
	var kept, moved []string
	for i := 0; i < len(ports); i++ {
		first := ports[i]
		host := ""
		if first.PublicPort != 0 {
			host = net.JoinHostPort(first.IP.String(), "")
		}
		if first.PublicPort != 0 && first.PublicPort != first.PrivatePort {
			moved = append(moved, fmt.Sprintf("%s%d->%d/%s", host, first.PublicPort, first.PrivatePort, first.Type))
			continue
		}
		for i+1 < len(ports) && follows(ports[i], ports[i+1]) {
			i++
		}
		span := strconv.Itoa(int(first.PrivatePort))
		if last := ports[i].PrivatePort; last != first.PrivatePort {
			span = fmt.Sprintf("%d-%d", first.PrivatePort, last)
		}
		if host != "" {
			span = host + span + "->" + span
		}
		kept = append(kept, span+"/"+first.Type)
	}
	return strings.Join(append(kept, moved...), ", ")
}

// follows tells whether b is a's neighbour in a range.
func follows(a, b api.PortSummary) bool {
	next := a
	next.PrivatePort++
	if a.PublicPort != 0 {
		next.PublicPort++
	}
	return b == next
}

func labelList(labels map[string]string) string {
	var words []string
	for name, value := range labels {
		words = append(words, name+"="+value)
	}
	slices.Sort(words)
	return strings.Join(words, ",")
}
