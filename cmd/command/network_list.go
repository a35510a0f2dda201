// This file holds the commands that look at networks: ls and inspect; and prune, which removes those that nobody is on.
package command

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/network"
)

func networkListCommand() *cli.Command {
	return &cli.Command{
		Name: "ls", Aliases: []string{"list"}, Usage: "list networks",
		UsageText: "glassbox network ls [flags]\n\nglassbox network ls --filter driver=bridge --format '{{.Name}}: {{.ID}}'",
		Flags: []cli.Flag{
			flagSwitch("quiet", "ids alone", "q"),
			flagSwitch("no-trunc", "whole ids"),
			flagList("filter", "`NAME=VALUE` only those of this name or id (a part of it), driver, label, scope, type (custom or builtin), or dangling=true: no container is on it", "f"),
			flagText("format", "`TEMPLATE` json, table TEMPLATE, or a Go template such as '{{.ID}} {{.Name}}'"),
		},
		Action: networkList,
	}
}

// networkRow has the fields that Docker's templates know.
type networkRow struct{ ID, Name, Driver, Scope, IPv4, IPv6, Internal, Labels, CreatedAt string }

func networkRowOf(n network.Network, whole bool) networkRow {
	_, v4 := n.V4()
	row := networkRow{ID: n.ID, Name: n.Name, Driver: n.Driver, Scope: n.Scope, IPv4: fmt.Sprint(v4), IPv6: fmt.Sprint(n.IPv6),
		Internal: fmt.Sprint(n.Internal), Labels: labelList(n.Labels), CreatedAt: n.Created.Local().Format("2006-01-02 15:04:05 -0700 MST")}
	if !whole {
		row.ID = engine.ShortID(n.ID)
	}
	return row
}

func networkList(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	filters, err := readFilters(c.StringSlice("filter"), "name", "id", "driver", "label", "scope", "type", "dangling")
	if err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	list, err := e.Networks()
	if err != nil {
		return err
	}
	used, err := e.UsedNetworks()
	if err != nil {
		return err
	}
	var rows []any
	for _, n := range list {
		if filters.passNetwork(n, slices.Contains(used, n.ID)) {
			rows = append(rows, networkRowOf(n, c.Bool("no-trunc")))
		}
	}
	format := c.String("format")
	switch {
	case c.Bool("quiet"):
		format = "{{.ID}}"
	case format == "" || format == "table":
		format = "table {{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}"
	}
	headings := map[string]string{"ID": "NETWORK ID", "Name": "NAME", "Driver": "DRIVER", "Scope": "SCOPE", "IPv4": "IPV4", "IPv6": "IPV6",
		"Internal": "INTERNAL", "Labels": "LABELS", "CreatedAt": "CREATED AT"}
	return printRows(c.App.Writer, format, headings, rows)
}

func (f filters) passNetwork(n network.Network, used bool) bool {
	for name, values := range f {
		if !slices.ContainsFunc(values, func(value string) bool { return networkMatches(n, used, name, value) }) {
			return false
		}
	}
	return true
}

func networkMatches(n network.Network, used bool, name, value string) bool {
	switch name {
	case "name":
		return strings.Contains(n.Name, value)
	case "id":
		return strings.HasPrefix(n.ID, value)
	case "driver":
		return n.Driver == value
	case "scope":
		return n.Scope == value
	case "label":
		label, want, valued := strings.Cut(value, "=")
		have, ok := n.Labels[label]
		return ok && (!valued || have == want)
	case "type":
		return (value == "builtin") == n.Predefined()
	case "dangling":
		return (value == "true" || value == "1") == (!used && !n.Predefined())
	case "until":
		return olderThan(n.Created, value, time.Now())
	}
	return false
}

// olderThan reads a time to go back, such as 24h, or a moment.
func olderThan(created time.Time, text string, now time.Time) bool {
	if back, err := time.ParseDuration(text); err == nil {
		return created.Before(now.Add(-back))
	}
	moment, err := time.Parse(time.RFC3339, text)
	return err == nil && created.Before(moment)
}

func networkInspectCommand() *cli.Command {
	return &cli.Command{
		Name: "inspect", Usage: "tell all about networks", ArgsUsage: "NETWORK…",
		UsageText: "glassbox network inspect [flags] NETWORK…\n\nglassbox network inspect -f '{{range .IPAM.Config}}{{.Subnet}}{{end}}' mynet",
		Flags: []cli.Flag{
			flagText("format", "`TEMPLATE` json or a Go template", "f"),
			flagSwitch("verbose", "accepted: everything is told anyway", "v"),
		},
		Action: networkInspect,
	}
}

func networkInspect(c *cli.Context) error {
	if err := atLeast(c, 1); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	return printEach(c, func(ref string) (any, error) { return e.InspectNetwork(c.Context, ref) })
}

func networkPruneCommand() *cli.Command {
	return &cli.Command{
		Name: "prune", Usage: "remove the networks that no container is on",
		UsageText: "glassbox network prune [flags]\n\nglassbox network prune --filter until=24h",
		Flags: []cli.Flag{
			flagSwitch("force", "do not ask", "f"),
			flagList("filter", "`NAME=VALUE` only those of this label, or older: until=24h"),
		},
		Action: networkPrune,
	}
}

func networkPrune(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	filters, err := readFilters(c.StringSlice("filter"), "label", "until")
	if err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	if !c.Bool("force") && !agreed(c, "WARNING! This will remove all custom networks not used by at least one container.") {
		return nil
	}
	removed, err := e.PruneNetworks(c.Context, func(n network.Network) bool { return filters.passNetwork(n, false) })
	if len(removed) > 0 {
		fmt.Fprintf(c.App.Writer, "Deleted Networks:\n%s\n\n", strings.Join(removed, "\n"))
	}
	return err
}
