// This file is `glassbox lesson sheet`: every command, and every flag of run that the course uses, on one page, each with the lessons
// that show it live. It is made of the commands and the lessons themselves, so it can not be out of date.
package command

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/lessons"
)

func sheetCommand() *cli.Command {
	return &cli.Command{
		Name: "sheet", Usage: "print all commands on one page, each with the lessons that show it live, as Markdown",
		UsageText: "glassbox lesson sheet\n\nglassbox lesson sheet > sheet.md",
		Action:    printSheet,
	}
}

func printSheet(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	course, err := lessons.Course()
	if err != nil {
		return err
	}
	app := newApp()
	s := sheet{c.App.Writer, course, map[string]bool{}}
	for _, top := range app.Commands {
		s.said[top.Usage] = true
	}
	for _, g := range grouped(app.Commands) {
		s.heading(g.title)
		for _, command := range g.commands {
			s.commands("", command)
		}
	}
	s.heading("Flags of run and create")
	for _, f := range runFlags() {
		names, usage := flagHelp(f)
		if shown := s.shown(func(line string) bool { return usesFlag(line, f.Names()) }); shown != "" {
			s.row(strings.TrimSpace(names), usage, "", shown)
		}
	}
	return nil
}

// sheet is the page being printed.
type sheet struct {
	io.Writer
	course []lessons.Lesson
	said   map[string]bool // what commands do; others below "image" and its like do the same
}

func (s sheet) heading(title string) {
	fmt.Fprintf(s, "\n## %s\n\n| glassbox … | what it does | try it | lesson |\n|---|---|---|---|\n", title)
}

// commands has a row for a command, or for each of those below it.
func (s sheet) commands(above string, c *cli.Command) {
	words := above + c.Name
	if c.Hidden || c.Name == "help" || above != "" && s.said[c.Usage] {
		return
	}
	if len(c.Subcommands) > 0 && c.Name != "lesson" {
		for _, below := range c.Subcommands {
			s.commands(words+" ", below)
		}
		return
	}
	_, example, _ := strings.Cut(c.UsageText, "\n\n")
	example, _, _ = strings.Cut(example, "\n")
	s.row(words, c.Usage, "`"+example+"`", s.shown(func(line string) bool { return strings.Contains(line+" ", "glassbox "+words+" ") }))
}

func (s sheet) row(cells ...string) {
	for i := range cells {
		cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
	}
	fmt.Fprintf(s, "| %s |\n", strings.Join(cells, " | "))
}

// usesFlag tells whether a command line makes a container with a flag, by one of its names.
func usesFlag(line string, names []string) bool {
	words := strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '=' })
	return (slices.Contains(words, "run") || slices.Contains(words, "create")) && slices.ContainsFunc(names, func(name string) bool {
		if len(name) == 1 {
			return slices.Contains(words, "-"+name)
		}
		return slices.Contains(words, "--"+name)
	})
}

// shown lists the lessons of whose commands one is as asked.
func (s sheet) shown(asked func(line string) bool) string {
	var found []string
	for _, l := range s.course {
		if slices.ContainsFunc(l.Parts, func(p lessons.Part) bool { return p.Kind == lessons.Run && slices.ContainsFunc(p.Lines, asked) }) {
			found = append(found, l.Number)
		}
	}
	return strings.Join(found, " ")
}
