// This file reads the command line as Docker's users write it and rewrites it as package flag wants it:
//
//	run -itp8080:80 --rm box ls -l   ->   run --interactive --tty --publish=8080:80 --rm -- box ls -l
//
// Rules: "-it" is two flags, "-p8080:80" a flag with its value; one dash is never a long name; what follows the image of
// run, or the container of exec, belongs to the program; elsewhere flags and arguments may be mixed.
package command

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// argv is a command line that is being read.
type argv struct {
	command string // "glassbox run", for messages
	flags   []cli.Flag
	words   []string // what is left to read
	read    []string // flags as they were understood
	ended   bool     // "--" was read: what follows are arguments, whatever they look like
}

// expand rewrites the words after the program's name.
func expand(app *cli.App, words []string) ([]string, error) {
	a := argv{command: app.Name, flags: app.Flags, words: words}
	if err := a.leadingFlags(); err != nil {
		return nil, err
	}
	if i := slices.Index(a.read, "--version"); i >= 0 {
		a.read = slices.Delete(a.read, i, i+1)
		a.words = []string{"version", "--format", "Glassbox version {{.Client.Version}}"}
	}
	if app.Commands == nil {
		app.Commands = commands(append(a.words, "")[0])
	}
	if len(a.words) == 0 {
		return a.read, nil
	}
	return a.intoCommand(app.Commands)
}

// intoCommand reads the name of a command and what follows it.
func (a *argv) intoCommand(commands []*cli.Command) ([]string, error) {
	if a.words[0] == "help" {
		a.words = append(a.words[1:], "--help")
		if len(a.words) == 1 {
			return []string{"--help"}, nil
		}
	}
	c := findCommand(commands, a.words[0])
	if c == nil {
		return nil, a.unknownCommand(commands)
	}
	sub := argv{command: a.command + " " + c.Name, flags: c.Flags, words: a.words[1:]}
	rest, err := sub.arguments(c)
	if err != nil {
		return nil, err
	}
	c.Flags = wanted(c.Flags, sub.read)
	return slices.Concat(a.read, []string{c.Name}, rest), nil
}

func (a *argv) arguments(c *cli.Command) ([]string, error) {
	var plain []string
	for {
		if err := a.leadingFlags(); err != nil {
			return nil, err
		}
		if len(a.words) == 0 {
			return slices.Concat(a.read, []string{"--"}, plain), nil
		}
		if len(plain) == 0 && findCommand(c.Subcommands, a.words[0]) != nil {
			return a.intoCommand(c.Subcommands)
		}
		if len(plain) == 0 && len(c.Subcommands) > 0 && (c.ArgsUsage == "" || c.ArgsUsage == "COMMAND") {
			return nil, a.unknownCommand(c.Subcommands)
		}
		plain = append(plain, a.words[0])
		a.words = a.words[1:]
		a.ended = a.ended || ownsTheRest(c)
	}
}

// ownsTheRest tells whether the first argument ends the flags, for a program's own follow: run, create and exec, whose usage
// says so.
func ownsTheRest(c *cli.Command) bool { return strings.Contains(c.ArgsUsage, "[ARG…]") }

func findCommand(commands []*cli.Command, name string) *cli.Command {
	for _, c := range commands {
		if c.HasName(name) {
			return c
		}
	}
	return nil
}

// leadingFlags reads words up to the first that is no flag.
func (a *argv) leadingFlags() error {
	for !a.ended && len(a.words) > 0 {
		word := a.words[0]
		if len(word) < 2 || word[0] != '-' {
			return nil
		}
		a.words = a.words[1:]
		var err error
		switch {
		case word == "--":
			a.ended = true
		case word[1] == '-':
			err = a.long(word)
		default:
			err = a.short(word)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
