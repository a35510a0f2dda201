// This file is `glassbox boot`: what a service of the host calls when the machine has started.
package command

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func bootCommand() *cli.Command {
	return &cli.Command{
		Name: "boot", Usage: "start what --restart always and unless-stopped want after a reboot",
		UsageText: "glassbox boot\n\nglassbox boot",
		Action: func(c *cli.Context) error {
			if err := exactly(c, 0); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			started, err := e.Boot(c.Context)
			for _, name := range started {
				fmt.Fprintln(c.App.Writer, name)
			}
			return err
		},
	}
}
