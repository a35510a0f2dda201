// This file is `glassbox image inspect`: all that is known of images, as JSON in Docker's words, or a template's choice of it.
package command

import "github.com/urfave/cli/v2"

func imageInspectCommand() *cli.Command {
	return &cli.Command{
		Name: "inspect", Usage: "tell all about images",
		ArgsUsage: "IMAGE…",
		UsageText: "glassbox image inspect [flags] IMAGE…\n\nglassbox image inspect -f '{{.RootFS.Layers}}' box",
		Flags:     []cli.Flag{flagText("format", "`TEMPLATE` json or a Go template", "f")},
		Action:    imageInspect,
	}
}

func imageInspect(c *cli.Context) error {
	if err := atLeast(c, 1); err != nil {
		return err
	}
	e, err := open(c)
	if err != nil {
		return err
	}
	return printEach(c, func(ref string) (any, error) { return e.InspectImage(c.Context, ref) })
}
