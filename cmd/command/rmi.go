// This file holds the commands that remove images: rmi and image prune.
package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/explain"
	"glassbox/storage"
)

func rmiCommand() *cli.Command {
	return &cli.Command{
		Name: "rmi", Usage: "remove images: names first, and with the last name the layers that no other image needs",
		ArgsUsage: "IMAGE…",
		UsageText: "glassbox rmi [flags] IMAGE…\n\nglassbox rmi alpine:3.20",
		Flags: []cli.Flag{
			flagSwitch("force", "even if it has several names, or a stopped container uses it", "f"),
			storyFlags()[0], storyFlags()[1], storyFlags()[2], // --explain, --step, --dry-run
		},
		Action: rmi,
	}
}

func rmi(c *cli.Context) error {
	if err := atLeast(c, 1); err != nil {
		return err
	}
	var errs []error
	for _, ref := range c.Args().Slice() {
		if err := removeImage(c, ref); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func removeImage(c *cli.Context, ref string) error {
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	r := storage.RemoveRequest{Ref: ref, Force: c.Bool("force")}
	var plan []explain.Step
	if c.Bool("dry-run") {
		r.Plan = func(steps []explain.Step) { plan = steps }
	} else if r.Listener, err = listenerFrom(c.Context, c); err != nil {
		return err
	}
	done, err := e.RemoveImage(c.Context, r)
	if err != nil {
		return err
	}
	if r.Plan != nil {
		return tellSteps(c, plan)
	}
	_, err = fmt.Fprintln(c.App.Writer, strings.Join(done.Lines, "\n"))
	return err
}

func imagePruneCommand() *cli.Command {
	return &cli.Command{
		Name: "prune", Usage: "remove images without a name, and what pulls that were killed have left",
		UsageText: "glassbox image prune [flags]\n\nglassbox image prune -a --filter until=24h",
		Flags: []cli.Flag{
			flagSwitch("all", "all that no container uses, too", "a"),
			flagSwitch("force", "do not ask", "f"),
			flagList("filter", "`NAME=VALUE` only those of this label, label! or until"),
			storyFlags()[0], storyFlags()[1], storyFlags()[2],
		},
		Action: imagePrune,
	}
}

func imagePrune(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	what := "This will remove all dangling images."
	if c.Bool("all") {
		what = "This will remove all images without at least one container associated to them."
	}
	if !c.Bool("dry-run") && !c.Bool("force") && !agreed(c, "WARNING! "+what) {
		return nil
	}
	done, err := pruneImages(c, c.Bool("all"))
	if err != nil || c.Bool("dry-run") {
		return err
	}
	return printPruned(c, "Deleted Images:", done.Lines, done.Bytes)
}

func pruneImages(c *cli.Context, all bool) (storage.Removed, error) {
	e, err := openAsRoot(c)
	if err != nil {
		return storage.Removed{}, err
	}
	r := engine.PruneImagesRequest{All: all}
	if r.Filters, err = imageFilters(c, "dangling", "reference", "label", "label!", "until"); err != nil {
		return storage.Removed{}, err
	}
	var plan []explain.Step
	if c.Bool("dry-run") {
		r.Plan = func(steps []explain.Step) { plan = steps }
	} else if r.Listener, err = listenerFrom(c.Context, c); err != nil {
		return storage.Removed{}, err
	}
	done, err := e.PruneImages(c.Context, r)
	if err == nil && r.Plan != nil {
		err = tellSteps(c, plan)
	}
	return done, err
}

func printPruned(c *cli.Context, heading string, lines []string, bytes int64) error {
	if len(lines) > 0 {
		fmt.Fprintf(c.App.Writer, "%s\n%s\n\n", heading, strings.Join(lines, "\n"))
	}
	_, err := fmt.Fprintf(c.App.Writer, "Total reclaimed space: %s\n", units.HumanSize(float64(bytes)))
	return err
}
