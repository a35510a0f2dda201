// This file keeps the list of flags out of the library's sight where it would spend time on it for nothing: run has more than a
// hundred, and that took a third of what this program needs to start a container.
package command

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// wanted are the flags that the library has to know for a command line, of which read are the flags as they were understood: those
// that were given, and those that are something else than nothing when they were not. Help wants to list all.
func wanted(flags []cli.Flag, read []string) []cli.Flag {
	given := make([]string, len(read))
	for i, word := range read {
		given[i], _, _ = strings.Cut(strings.TrimPrefix(word, "--"), "=")
	}
	if slices.Contains(given, "help") {
		return flags
	}
	var list []cli.Flag
	for _, f := range flags {
		if name, _ := wordsOf(f); !isNothing(f) || slices.Contains(given, name) {
			list = append(list, f)
		}
	}
	return list
}

// wordsOf is f.Names() for those who ask a hundred flags for one: the library searches each name with a regular expression.
func wordsOf(f cli.Flag) (first string, others []string) {
	switch f := f.(type) {
	case *cli.BoolFlag:
		return f.Name, f.Aliases
	case *cli.StringFlag:
		return f.Name, f.Aliases
	case *cli.StringSliceFlag:
		return f.Name, f.Aliases
	}
	names := f.Names()
	return names[0], names[1:]
}

// isNothing tells whether a flag that is not given has the value that the library gives for one it has never heard of.
func isNothing(f cli.Flag) bool {
	switch f := f.(type) {
	case *cli.BoolFlag:
		return !f.Value
	case *cli.StringFlag:
		return f.Value == ""
	case *cli.StringSliceFlag:
		return f.Value == nil
	}
	return false
}

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
