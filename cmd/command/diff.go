// This file is `glassbox diff`: what a container has added (A), changed (C) and deleted (D).
package command

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func diffCommand() *cli.Command {
	return &cli.Command{
		Name: "diff", Usage: "list what a container has added (A), changed (C) and deleted (D)",
		ArgsUsage: "CONTAINER",
		UsageText: "glassbox diff CONTAINER\n\nglassbox diff web",
		Action: func(c *cli.Context) error {
			if err := exactly(c, 1); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			list, err := e.Changes(c.Context, c.Args().First())
			for _, change := range list {
				fmt.Fprintln(c.App.Writer, change.Kind, change.Path)
			}
			return err
		},
	}
}
