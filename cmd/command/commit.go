// This file is `glassbox commit`: an image of what a container has changed.
package command

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/explain"
)

func commitCommand() *cli.Command {
	return &cli.Command{
		Name: "commit", Usage: "make an image of a container: its changes become a layer",
		ArgsUsage: "CONTAINER [NAME[:TAG]]",
		UsageText: "glassbox commit [flags] CONTAINER [NAME[:TAG]]\n\nglassbox commit -m 'with nginx' web web:2",
		Description: "What is in volumes is not in the image. The container is frozen meanwhile. With SOURCE_DATE_EPOCH set, the same\n" +
			"changes give the same layer, byte for byte.",
		Flags: []cli.Flag{
			flagText("author", "`NAME` of who made it", "a"),
			flagText("message", "`TEXT` for the history", "m"),
			flagList("change", "`INSTRUCTION` of a Dockerfile that changes the config: CMD, ENV, …", "c"),
			&cli.BoolFlag{Name: "pause", Aliases: []string{"p"}, Value: true, Usage: "freeze the container meanwhile (true)"},
			flagSwitch("no-pause", "let it run on"),
			storyFlags()[0], storyFlags()[1], storyFlags()[2],
		},
		Action: commit,
	}
}

func commit(c *cli.Context) error {
	if _, err := cargoOf(c); err != nil {
		return err
	}
	e, story, err := imageMaker(c)
	if err != nil {
		return err
	}
	if c.Bool("dry-run") {
		style, err := styleFor(c.String("explain"), os.Stdout)
		if err != nil {
			return err
		}
		story = &explain.Print{W: c.App.Writer, Style: style}
	}
	id, err := e.Commit(c.Context, c.Args().First(), engine.CommitRequest{
		Name: c.Args().Get(1), Author: c.String("author"), Message: c.String("message"), Changes: c.StringSlice("change"),
		NoPause: !c.Bool("pause") || c.Bool("no-pause"), DryRun: c.Bool("dry-run"), Listener: story,
	})
	if err == nil && !c.Bool("dry-run") {
		fmt.Fprintln(c.App.Writer, id)
	}
	return err
}

// imageMaker opens the engine for commands that make an image of their first argument, and may be given a name for it.
func imageMaker(c *cli.Context) (*engine.Engine, explain.Listener, error) {
	if c.NArg() > 2 {
		return nil, nil, exactly(c, 2)
	}
	if err := atLeast(c, 1); err != nil {
		return nil, nil, err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return nil, nil, err
	}
	story, err := listenerFrom(c.Context, c)
	return e, story, err
}
