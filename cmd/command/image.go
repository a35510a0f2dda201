// This file is `glassbox image`, under which Docker has put all that concerns images; and tag.
package command

import (
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func imageCommand() *cli.Command {
	list := imagesCommand()
	list.Name, list.Aliases = "ls", []string{"list"}
	list.UsageText = strings.ReplaceAll(list.UsageText, "glassbox images", "glassbox image ls")
	remove := rmiCommand()
	remove.Name, remove.Aliases = "rm", []string{"remove"}
	return &cli.Command{
		Name: "image", Usage: "images: list, tell, fetch, remove",
		UsageText: "glassbox image COMMAND …\n\nglassbox image inspect box",
		Subcommands: []*cli.Command{
			list, imageInspectCommand(), historyCommand(), pullCommand(), pushCommand(), remove, imagePruneCommand(), tagCommand(),
			saveCommand(), loadCommand(), importCommand(), imageExplainCommand(), imageVerifyCommand(),
		},
	}
}

func tagCommand() *cli.Command {
	return &cli.Command{
		Name: "tag", Usage: "give an image another name",
		ArgsUsage: "IMAGE NAME[:TAG]",
		UsageText: "glassbox tag IMAGE NAME[:TAG]\n\nglassbox tag box 127.0.0.1:5000/tools/box:1.0",
		Action:    withArguments(2, func(c *cli.Context, e *engine.Engine) error { return e.Tag(c.Args().First(), c.Args().Get(1)) }),
	}
}
