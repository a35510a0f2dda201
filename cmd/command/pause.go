// This file is `glassbox pause`, unpause and rename: what changes a container and lets its program be.
package command

import (
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func pauseCommand() *cli.Command {
	return onContainers("pause", "freeze every process of containers", "web", nil, func(c *cli.Context, e *engine.Engine, ref string) error {
		return e.Pause(c.Context, ref)
	})
}

func unpauseCommand() *cli.Command {
	return onContainers("unpause", "let the processes of paused containers go on", "web", nil, func(c *cli.Context, e *engine.Engine, ref string) error {
		return e.Unpause(c.Context, ref)
	})
}

func renameCommand() *cli.Command {
	return &cli.Command{
		Name: "rename", Usage: "give a container another name",
		ArgsUsage: "CONTAINER NAME",
		UsageText: "glassbox rename CONTAINER NAME\n\nglassbox rename web web-old",
		Action: withArguments(2, func(c *cli.Context, e *engine.Engine) error {
			return e.Rename(c.Context, c.Args().First(), c.Args().Get(1))
		}),
	}
}
