// This file is `glassbox system prune`: containers that have ended, images that nobody uses, and volumes if asked for.
package command

import (
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func systemPruneCommand() *cli.Command {
	return &cli.Command{
		Name: "prune", Usage: "remove what nobody uses",
		UsageText: "glassbox system prune [flags]\n\nglassbox system prune -a --volumes",
		Flags: []cli.Flag{
			flagSwitch("all", "images with a name that no container uses, too", "a"),
			flagSwitch("volumes", "anonymous volumes, too"),
			flagSwitch("force", "do not ask", "f"),
			flagList("filter", "`NAME=VALUE` only those of this label, label! or until"),
		},
		Action: systemPrune,
	}
}

func systemPrune(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	if !c.Bool("force") && !agreed(c, pruneWarning(c)) {
		return nil
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	containers, err := e.Prune(c.Context, engine.PruneRequest{})
	if err != nil {
		return err
	}
	var volumes []string
	var freed int64
	if c.Bool("volumes") {
		if volumes, freed, err = e.VolumePrune(c.Context, false, func(engine.VolumeSummary) bool { return true }, nil); err != nil {
			return err
		}
	}
	done, err := pruneImages(c, c.Bool("all"))
	if err != nil {
		return err
	}
	for _, part := range []struct {
		heading string
		lines   []string
	}{{"Deleted Containers:", containers.ContainersDeleted}, {"Deleted Volumes:", volumes}, {"Deleted Images:", done.Lines}} {
		if len(part.lines) > 0 {
			if _, err := c.App.Writer.Write([]byte(part.heading + "\n" + strings.Join(part.lines, "\n") + "\n\n")); err != nil {
				return err
			}
		}
	}
	return printPruned(c, "", nil, int64(containers.SpaceReclaimed)+freed+done.Bytes)
}

func pruneWarning(c *cli.Context) string {
	lines := []string{"WARNING! This will remove:", "  - all stopped containers"}
	if c.Bool("volumes") {
		lines = append(lines, "  - all anonymous volumes not used by at least one container")
	}
	if c.Bool("all") {
		return strings.Join(append(lines, "  - all images without at least one container associated to them"), "\n") + "\n"
	}
	return strings.Join(append(lines, "  - all dangling images"), "\n") + "\n"
}
