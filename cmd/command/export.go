// This file is `glassbox export`: the files of a container as one archive.
package command

import (
	"io"

	"github.com/urfave/cli/v2"
)

func exportCommand() *cli.Command {
	return &cli.Command{
		Name: "export", Usage: "write the files of a container into an archive: one tree, no layers, no volumes",
		ArgsUsage: "CONTAINER",
		UsageText: "glassbox export [flags] CONTAINER\n\nglassbox export -o web.tar web\nglassbox export web | tar -t",
		Flags:     []cli.Flag{flagText("output", "`FILE` to write, in place of standard output", "o")},
		Action: func(c *cli.Context) error {
			if err := exactly(c, 1); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			return writeOutput(c, func(w io.Writer) error { return e.Export(c.Context, c.Args().First(), w) })
		},
	}
}
