// This file holds the commands that look at volumes: ls and inspect; and prune, which removes what ls can choose.
package command

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func volumeListCommand() *cli.Command {
	return &cli.Command{
		Name: "ls", Aliases: []string{"list"}, Usage: "list volumes",
		UsageText: "glassbox volume ls [flags]\n\nglassbox volume ls --filter dangling=true --format '{{.Name}}: {{.Mountpoint}}'",
		Flags: []cli.Flag{
			flagSwitch("quiet", "names alone", "q"),
			flagList("filter", "`NAME=VALUE` only those of this name (a part of it), driver, label, or dangling=true: no container has it", "f"),
			flagText("format", "`TEMPLATE` json, table TEMPLATE, or a Go template such as '{{.Name}} {{.Users}}'"),
		},
		Action: volumeList,
	}
}

// volumeRow has the fields that Docker's templates know, and Users.
type volumeRow struct{ Driver, Name, Mountpoint, Scope, Labels, Users string }

func volumeList(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	filters, err := readFilters(c.StringSlice("filter"), "name", "driver", "label", "dangling")
	if err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	list, err := e.Volumes()
	if err != nil {
		return err
	}
	var rows []any
	for _, v := range list {
		if filters.passVolume(v) {
			rows = append(rows, volumeRow{v.Driver, v.Name, v.Mountpoint, "local", labelList(v.Labels), strings.Join(v.Users, ",")})
		}
	}
	format := c.String("format")
	switch {
	case c.Bool("quiet"):
		format = "{{.Name}}"
	case format == "" || format == "table":
		format = "table {{.Driver}}\t{{.Name}}"
	}
	headings := map[string]string{"Driver": "DRIVER", "Name": "VOLUME NAME", "Mountpoint": "MOUNTPOINT", "Scope": "SCOPE",
		"Labels": "LABELS", "Users": "USED BY"}
	return printRows(c.App.Writer, format, headings, rows)
}

func (f filters) passVolume(v engine.VolumeSummary) bool {
	for name, values := range f {
		if !slices.ContainsFunc(values, func(value string) bool { return volumeMatches(v, name, value) }) {
			return false
		}
	}
	return true
}

func volumeMatches(v engine.VolumeSummary, name, value string) bool {
	switch name {
	case "name":
		return strings.Contains(v.Name, value)
	case "driver":
		return v.Driver == value
	case "dangling":
		return (len(v.Users) == 0) == (value == "true" || value == "1")
	case "label", "label!":
		label, want, valued := strings.Cut(value, "=")
		have, ok := v.Labels[label]
		return (ok && (!valued || have == want)) == (name == "label")
	}
	return name == "all" // see volumePrune
}

func volumeInspectCommand() *cli.Command {
	return &cli.Command{
		Name: "inspect", Usage: "tell all about volumes", ArgsUsage: "VOLUME…",
		UsageText: "glassbox volume inspect [flags] VOLUME…\n\nglassbox volume inspect -f '{{.Mountpoint}}' data",
		Flags:     []cli.Flag{flagText("format", "`TEMPLATE` json or a Go template", "f")},
		Action:    volumeInspect,
	}
}

// volumeDetails are Docker's words.
type volumeDetails struct {
	CreatedAt  time.Time
	Driver     string
	Labels     map[string]string
	Mountpoint string
	Name       string
	Options    map[string]string
	Scope      string
}

func volumeInspect(c *cli.Context) error {
	if err := atLeast(c, 1); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	return printEach(c, func(name string) (any, error) { return volumeDetailsOf(e, name) })
}

func volumeDetailsOf(e *engine.Engine, name string) (volumeDetails, error) {
	v, err := e.Volume(name)
	return volumeDetails{v.Created, v.Driver, v.Labels, v.Mountpoint, v.Name, v.Options, "local"}, err
}

func volumePruneCommand() *cli.Command {
	return &cli.Command{
		Name: "prune", Usage: "remove the anonymous volumes that no container has",
		UsageText: "glassbox volume prune [flags]\n\nglassbox volume prune --all --filter label=temporary",
		Flags: append(storyFlags()[:2],
			flagSwitch("all", "those with a name, too", "a"),
			flagSwitch("force", "do not ask", "f"),
			flagList("filter", "`NAME=VALUE` only those with this label; label!=NAME: without it"),
		),
		Action: volumePrune,
	}
}

func volumePrune(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	filters, err := readFilters(c.StringSlice("filter"), "label", "label!", "all")
	if err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	all := c.Bool("all") || slices.Contains(filters["all"], "true") || slices.Contains(filters["all"], "1")
	what := "anonymous local volumes not used by at least one container"
	if all {
		what = "all local volumes not used by at least one container"
	}
	if !c.Bool("force") && !agreed(c, "WARNING! This will remove "+what+".") {
		return nil
	}
	story, err := listenerFrom(c.Context, c)
	if err != nil {
		return err
	}
	removed, freed, err := e.VolumePrune(c.Context, all, filters.passVolume, story)
	if len(removed) > 0 {
		fmt.Fprintf(c.App.Writer, "Deleted Volumes:\n%s\n\n", strings.Join(removed, "\n"))
	}
	fmt.Fprintf(c.App.Writer, "Total reclaimed space: %s\n", units.HumanSize(float64(freed)))
	return err
}
