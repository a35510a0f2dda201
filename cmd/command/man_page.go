// This file writes manual pages in roff, the language of man(1), of which a page needs a dozen requests.
package command

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"
)

// manual is a page being written.
type manual struct{ strings.Builder }

func newManual(name, about string) *manual {
	m := &manual{}
	dashed := strings.ReplaceAll(name, " ", "-")
	fmt.Fprintf(m, ".TH %s 1 \"\" glassbox \"Glassbox\"\n", roff(strings.ToUpper(dashed)))
	m.section("NAME")
	fmt.Fprintf(m, "%s \\- %s\n", roff(dashed), roff(about))
	return m
}

func (m *manual) section(title string) { fmt.Fprintf(m, ".SH %q\n", strings.TrimSuffix(title, ":")) }

// verbatim keeps lines as they are.
func (m *manual) verbatim(text string) { fmt.Fprintf(m, ".nf\n%s\n.fi\n", roff(text)) }

// item is a term in bold with a paragraph.
func (m *manual) item(term, about string) {
	fmt.Fprintf(m, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace(term)), roff(about))
}

func (m *manual) flags(title string, flags []cli.Flag) {
	m.section(title)
	for _, f := range flags {
		names, usage := flagHelp(f)
		m.item(names, usage)
	}
}

func (m *manual) commands(commands []*cli.Command) {
	for _, c := range commands {
		if !c.Hidden {
			m.item(c.Name, c.Usage)
		}
	}
}

func appManual(app *cli.App) string {
	m := newManual(app.Name, app.Usage)
	m.section("SYNOPSIS")
	m.verbatim(app.UsageText)
	for _, g := range grouped(app.Commands) {
		m.section(g.title)
		m.commands(g.commands)
	}
	m.flags("FLAGS BEFORE THE COMMAND", app.Flags)
	return m.String()
}

func commandManual(name string, c *cli.Command) string {
	m := newManual(name, c.Usage)
	usage, example := usageAndExample(name, c)
	m.section("SYNOPSIS")
	m.verbatim(usage)
	if c.Description != "" {
		m.section("DESCRIPTION")
		fmt.Fprintf(m, "%s\n", roff(c.Description))
	}
	if len(c.Subcommands) > 0 {
		m.section("COMMANDS")
		m.commands(c.Subcommands)
	}
	for _, about := range categories(c.Flags) {
		title := "FLAGS"
		if about != "" {
			title = about
		}
		m.flags(title, inCategory(c.Flags, about))
	}
	if example != "" {
		m.section("EXAMPLES")
		m.verbatim(example)
	}
	m.section("SEE ALSO")
	fmt.Fprintf(m, ".BR glassbox (1)\n")
	return m.String()
}

// roff keeps text from being read as requests: a dot or an apostrophe at the start of a line, backslashes, and dashes, which
// would become hyphens that nobody can copy into a shell.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", "").Replace(text)
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		if strings.HasPrefix(l, ".") || strings.HasPrefix(l, "'") {
			lines[i] = `\&` + l
		}
	}
	return strings.Join(lines, "\n")
}
