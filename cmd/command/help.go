// This file prints help: what a command is for, one example, its flags by what they are about.
package command

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"
)

// printHelp takes the place of the library's templates, which say of each repeatable flag twice what it takes.
func printHelp(w io.Writer, _ string, about any) {
	var b strings.Builder
	switch about := about.(type) {
	case *cli.App:
		appHelp(&b, about)
	case *cli.Command:
		commandHelp(&b, about)
	}
	fmt.Fprint(w, b.String())
}

func appHelp(b *strings.Builder, app *cli.App) {
	fmt.Fprintf(b, "%s: %s\n\n%s\n", app.Name, app.Usage, indented(app.UsageText))
	for _, g := range grouped(app.Commands) {
		fmt.Fprintf(b, "\n%s:\n", g.title)
		commandTable(b, g.commands)
	}
	flagTable(b, "Flags before the command:", app.Flags)
	fmt.Fprintf(b, "\n%s COMMAND --help tells more.\n", app.Name)
}

func commandHelp(b *strings.Builder, c *cli.Command) {
	usage, example := usageAndExample(c.HelpName, c)
	fmt.Fprintf(b, "%s\n%s\n", usage, c.Usage)
	if example != "" {
		fmt.Fprintf(b, "\n%s\n", indented(example))
	}
	if c.Description != "" {
		fmt.Fprintf(b, "\n%s\n", strings.TrimSpace(c.Description))
	}
	if len(c.Subcommands) > 0 {
		b.WriteString("\nCommands:\n")
		commandTable(b, c.Subcommands)
	}
	for _, about := range categories(c.Flags) {
		flagTable(b, about, inCategory(c.Flags, about))
	}
}

// usageAndExample: the library puts "[command options]" where nothing was said.
func usageAndExample(name string, c *cli.Command) (usage, example string) {
	usage, example, _ = strings.Cut(c.UsageText, "\n\n")
	if usage == "" {
		usage = strings.TrimSpace(name + " [flags] " + c.ArgsUsage)
	}
	return usage, example
}

func indented(text string) string {
	return strings.ReplaceAll("  "+strings.ReplaceAll(text, "\n", "\n  "), "\n  \n", "\n\n")
}

func commandTable(b *strings.Builder, commands []*cli.Command) {
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	defer table.Flush()
	for _, c := range commands {
		if !c.Hidden {
			fmt.Fprintf(table, "  %s\t%s\n", c.Name, c.Usage)
		}
	}
}

// flagTable prints "-v, --volume HOST:CONTAINER   show a part of the host inside".
func flagTable(b *strings.Builder, heading string, flags []cli.Flag) {
	if heading == "" {
		heading = "Flags:"
	}
	fmt.Fprintf(b, "\n%s\n", heading)
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	defer table.Flush()
	for _, f := range flags {
		names, usage := flagHelp(f)
		fmt.Fprintf(table, "  %s\t%s\n", names, usage)
	}
}

func flagHelp(f cli.Flag) (names, usage string) {
	d, ok := f.(cli.DocGenerationFlag)
	if !ok {
		return "--" + f.Names()[0], ""
	}
	usage, value := d.GetUsage(), ""
	// What it takes stands first, between back quotes.
	if parts := strings.SplitN(usage, "`", 3); len(parts) == 3 && parts[0] == "" {
		value, usage = " "+parts[1], strings.TrimSpace(parts[2])
	} else if !isSwitch(f) {
		value = " VALUE"
	}
	short := "    "
	for _, alias := range f.Names()[1:] {
		if len(alias) == 1 {
			short = "-" + alias + ", "
		}
	}
	return short + "--" + f.Names()[0] + value, usage
}

// categories lists what the flags are about, in the order in which they are declared.
func categories(flags []cli.Flag) []string {
	var list []string
	seen := map[string]bool{}
	for _, f := range flags {
		if about := category(f); f.Names()[0] != "help" && !seen[about] {
			seen[about] = true
			list = append(list, about)
		}
	}
	return list
}

func category(f cli.Flag) string {
	if c, ok := f.(cli.CategorizableFlag); ok {
		return c.GetCategory()
	}
	return ""
}

func inCategory(flags []cli.Flag, about string) []cli.Flag {
	var list []cli.Flag
	for _, f := range flags {
		if category(f) == about && f.Names()[0] != "help" {
			list = append(list, f)
		}
	}
	return list
}
