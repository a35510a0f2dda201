// This file keeps the list of flags out of the library's sight where it would spend time on it for nothing: run has more than a
// hundred, and that took a third of what this program needs to start a container.
package command

import "github.com/urfave/cli/v2"

// setUp prepares the library, which would write a help text for every flag of every command: printHelp has no use for it.
func setUp(app *cli.App) {
	flags := map[*cli.Command][]cli.Flag{}
	for _, c := range app.Commands {
		flags[c], c.Flags = c.Flags, nil
	}
	app.Setup()
	for _, c := range app.Commands {
		c.Flags = flags[c]
	}
}

// forgetFlags comes when a command's flags have been read. The library would go on to look for the actions of flags, of which we
// have none, and compare each name with all others; IsSet knows without the list which flags were given.
func forgetFlags(c *cli.Context) error {
	c.Command.Flags = nil
	return nil
}
