// This file is `glassbox pause`, unpause and rename: what changes a container and lets its program be.
package main

import (
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func pauseCommand() *cli.Command {
	return &cli.Command{
		Name: "pause", Usage: "freeze every process of containers",
		ArgsUsage: "CONTAINER…",
		UsageText: "glassbox pause CONTAINER…\n\nglassbox pause web",
		Action: forEach(func(c *cli.Context, e *engine.Engine, ref string) error {
			return e.Pause(c.Context, ref)
		}),
	}
}

func unpauseCommand() *cli.Command {
	return &cli.Command{
		Name: "unpause", Usage: "let the processes of paused containers go on",
		ArgsUsage: "CONTAINER…",
		UsageText: "glassbox unpause CONTAINER…\n\nglassbox unpause web",
		Action: forEach(func(c *cli.Context, e *engine.Engine, ref string) error {
			return e.Unpause(c.Context, ref)
		}),
	}
}

func renameCommand() *cli.Command {
	return &cli.Command{
		Name: "rename", Usage: "give a container another name",
		ArgsUsage: "CONTAINER NAME",
		UsageText: "glassbox rename CONTAINER NAME\n\nglassbox rename web web-old",
		Action: func(c *cli.Context) error {
			if err := exactly(c, 2); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			return e.Rename(c.Context, c.Args().First(), c.Args().Get(1))
		},
	}
}
