// This file is `glassbox container`, under which Docker has put all that concerns containers; and prune.
package command

import (
	"fmt"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func containerCommand() *cli.Command {
	list := psCommand()
	list.Name, list.Aliases = "ls", []string{"ps", "list"}
	list.UsageText = strings.ReplaceAll(list.UsageText, "glassbox ps", "glassbox container ls")
	inspect := inspectCommand()
	inspect.Flags = inspect.Flags[:2] // without --type
	return &cli.Command{
		Name: "container", Usage: "containers: all commands about them",
		UsageText:   "glassbox container COMMAND …\n\nglassbox container prune",
		Subcommands: append(made(lifeMakers()), list, inspect, containerPruneCommand(), commitCommand(), cpCommand(), diffCommand(), exportCommand()),
	}
}

func containerPruneCommand() *cli.Command {
	return &cli.Command{
		Name: "prune", Usage: "remove all containers that do not run",
		UsageText: "glassbox container prune [flags]\n\nglassbox container prune --filter until=24h",
		Flags: []cli.Flag{
			flagSwitch("force", "do not ask", "f"),
			flagList("filter", "`NAME=VALUE` only those of this label (or not: label!), or made before this time (until)"),
		},
		Action: containerPrune,
	}
}

func containerPrune(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	filters, err := engine.ParseFilters(c.StringSlice("filter"), []string{"until", "label", "label!"})
	if err != nil {
		return usageError{err.Error(), 125}
	}
	r := engine.PruneRequest{Pass: func(labels map[string]string) bool { return passesLabels(filters, labels) }}
	for _, value := range filters["until"] {
		if r.Until, err = since(value, time.Now()); err != nil {
			return err
		}
	}
	if !c.Bool("force") && !agreed(c, "WARNING! This will remove all stopped containers.") {
		return nil
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	report, err := e.Prune(c.Context, r)
	if len(report.ContainersDeleted) > 0 {
		fmt.Fprintf(c.App.Writer, "Deleted Containers:\n%s\n\n", strings.Join(report.ContainersDeleted, "\n"))
	}
	fmt.Fprintf(c.App.Writer, "Total reclaimed space: %s\n", units.HumanSize(float64(report.SpaceReclaimed)))
	return err
}

func passesLabels(f engine.Filters, labels map[string]string) bool {
	has := func(text string) bool {
		name, want, valued := strings.Cut(text, "=")
		have, ok := labels[name]
		return ok && (!valued || have == want)
	}
	for _, text := range f["label"] {
		if !has(text) {
			return false
		}
	}
	for _, text := range f["label!"] {
		if has(text) {
			return false
		}
	}
	return true
}
