// This file is `glassbox ps`.
package main

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/network"
)

func psCommand() *cli.Command {
	return &cli.Command{
		Name: "ps", Usage: "list containers", Aliases: []string{"ls"},
		UsageText: "glassbox ps [flags]\n\nglassbox ps -a --filter status=exited --format '{{.Names}}: {{.Status}}'",
		Flags: []cli.Flag{
			flagSwitch("all", "those that do not run, too", "a"),
			flagSwitch("quiet", "ids alone", "q"),
			flagSwitch("no-trunc", "whole ids and commands"),
			flagSwitch("latest", "the newest one, running or not", "l"),
			&cli.IntFlag{Name: "last", Aliases: []string{"n"}, Usage: "`NUMBER` that many of the newest, running or not"},
			flagList("filter", "`NAME=VALUE` only those of this status, name, id, label, ancestor (image) or exited (code)", "f"),
			flagText("format", "`TEMPLATE` json, table TEMPLATE, or a Go template such as '{{.ID}} {{.Names}}'"),
		},
		Action: ps,
	}
}

func ps(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	filters, err := parseFilters(c.StringSlice("filter"))
	if err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	newest := c.Int("last")
	if c.Bool("latest") {
		newest = 1
	}
	all := c.Bool("all") || newest > 0 || filters.wants("status") || filters.wants("exited")
	list, err := e.List(c.Context, all)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(s engine.Summary) bool { return !filters.pass(s) })
	if newest > 0 {
		list = list[:min(newest, len(list))]
	}
	rows := make([]any, len(list))
	for i, s := range list {
		rows[i] = rowOf(s, c.Bool("no-trunc"), time.Now())
	}
	format := c.String("format")
	switch {
	case c.Bool("quiet"):
		format = "{{.ID}}"
	case format == "" || format == "table":
		format = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}"
	}
	return printRows(c.App.Writer, format, psHeadings(), rows)
}

// psRow has the fields that Docker's templates know.
type psRow struct {
	ID, Image, Command, CreatedAt, RunningFor, Ports, State, Status, Names, Labels string
}

func psHeadings() map[string]string {
	return map[string]string{"ID": "CONTAINER ID", "Image": "IMAGE", "Command": "COMMAND", "CreatedAt": "CREATED AT",
		"RunningFor": "CREATED", "Ports": "PORTS", "State": "STATE", "Status": "STATUS", "Names": "NAMES", "Labels": "LABELS"}
}

func rowOf(s engine.Summary, whole bool, now time.Time) psRow {
	row := psRow{
		ID: s.ID, Image: s.Image, Command: strings.Join(s.Command, " "), CreatedAt: s.Created.Local().Format("2006-01-02 15:04:05 -0700 MST"),
		RunningFor: units.HumanDuration(now.Sub(s.Created)) + " ago", Ports: portList(s.Ports), State: s.State, Status: s.Status,
		Names: s.Name, Labels: labelList(s.Labels),
	}
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

func portList(ports []network.Port) string {
	var words []string
	for _, p := range ports {
		host := p.HostIP
		if host == "" {
			host = "0.0.0.0"
		}
		words = append(words, fmt.Sprintf("%s->%d/%s", net.JoinHostPort(host, strconv.Itoa(int(p.HostPort))), p.Port, p.Proto))
	}
	return strings.Join(words, ", ")
}

func labelList(labels map[string]string) string {
	var words []string
	for name, value := range labels {
		words = append(words, name+"="+value)
	}
	slices.Sort(words)
	return strings.Join(words, ",")
}
