// This file is `glassbox wait`.
package command

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"
)

func waitCommand() *cli.Command {
	return &cli.Command{
		Name: "wait", Usage: "wait until programs have ended and print their exit codes",
		ArgsUsage: "CONTAINER…",
		UsageText: "glassbox wait [flags] CONTAINER…\n\nglassbox wait web",
		Flags:     []cli.Flag{flagText("condition", "`WHAT` not-running (at once if it does not run), next-exit or removed")},
		Action: func(c *cli.Context) error {
			if err := atLeast(c, 1); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			var errs []error
			for _, ref := range c.Args().Slice() {
				code, err := e.Wait(c.Context, ref, c.String("condition"))
				if err != nil {
					errs = append(errs, err)
					continue
				}
				fmt.Fprintln(c.App.Writer, code)
			}
			return errors.Join(errs...)
		},
	}
}
