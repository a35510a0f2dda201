// This file is `glassbox explain`: the story of a container, as it happened, with the time of each step.
package command

import (
	"os"

	"github.com/urfave/cli/v2"

	"glassbox/explain"
)

func explainCommand() *cli.Command {
	return &cli.Command{
		Name: "explain", Usage: "tell how a container was made, step by step",
		ArgsUsage: "CONTAINER",
		UsageText: "glassbox explain [flags] CONTAINER\n\nglassbox explain web",
		Flags:     []cli.Flag{flagSwitch("json", "one event a line")},
		Action: func(c *cli.Context) error {
			if err := exactly(c, 1); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			story, err := e.Story(c.Context, c.Args().First())
			if err != nil {
				return err
			}
			format := "text"
			if c.Bool("json") {
				format = "json"
			}
			style, err := styleFor(format, os.Stdout)
			if err != nil {
				return err
			}
			explain.Replay(os.Stdout, style, story)
			return nil
		},
	}
}
