// This file is `glassbox man`: manual pages, made of the same text as --help. man 7 man-pages.
package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"
)

func manCommand() *cli.Command {
	return &cli.Command{
		Name: "man", Usage: "print the manual page of a command, or write all of them into a directory",
		ArgsUsage: "[COMMAND [SUBCOMMAND]]",
		UsageText: "glassbox man [flags] [COMMAND [SUBCOMMAND]]\n\nglassbox man run | man -l -\nglassbox man --dir /usr/local/share/man/man1",
		Flags:     []cli.Flag{flagText("dir", "`DIR` to write all pages to")},
		Action: func(c *cli.Context) error {
			app := newApp()
			setUp(app) // which adds --help
			if dir := c.String("dir"); dir != "" {
				return writeManuals(dir, app)
			}
			page, err := manualOf(app, c.Args().Slice())
			if err == nil {
				_, err = fmt.Fprint(c.App.Writer, page)
			}
			return err
		},
	}
}

func manualOf(app *cli.App, words []string) (string, error) {
	if len(words) == 0 {
		return appManual(app), nil
	}
	commands, name := app.Commands, app.Name
	var found *cli.Command
	for _, w := range words {
		if found = findCommand(commands, w); found == nil {
			return "", usageError{fmt.Sprintf("man: unknown command: %s", strings.Join(words, " ")), 1}
		}
		commands, name = found.Subcommands, name+" "+found.Name
	}
	return commandManual(name, found), nil
}

// writeManuals writes glassbox.1, glassbox-run.1, glassbox-network-create.1 and so on.
func writeManuals(dir string, app *cli.App) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("man: %w", err)
	}
	errs := []error{writeManual(dir, app.Name, appManual(app))}
	var walk func(name string, commands []*cli.Command)
	walk = func(name string, commands []*cli.Command) {
		for _, c := range commands {
			if c.Hidden {
				continue
			}
			full := name + " " + c.Name
			errs = append(errs, writeManual(dir, full, commandManual(full, c)))
			walk(full, c.Subcommands)
		}
	}
	walk(app.Name, app.Commands)
	return errors.Join(errs...)
}

func writeManual(dir, name, page string) error {
	file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".1")
	if err := os.WriteFile(file, []byte(page), 0o644); err != nil {
		return fmt.Errorf("man: %w", err)
	}
	return nil
}
