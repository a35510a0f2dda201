// Package command is the command line that people use: containers that tell what they do. One file per command; each reads its
// flags, calls package engine and prints. What follows the image of run belongs to the program: argv.go.
//
// Two programs have it: glassbox, which is quick to start, and glassbox-images, which has the cargo on top (cargo.go).
package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/storage/archive"
)

// Main runs the command line of this process and returns the exit code. cargo is nil in the program that has none.
func Main(cargo *Cargo) int {
	debug.SetGCPercent(400) // most commands end before it would be worth while to collect anything
	err := start(os.Args[1:], cargo)
	if errors.Is(err, errElsewhere) || errors.Is(err, archive.ErrPacked) {
		err = handOver(err)
	}
	return report(err)
}

// start runs one command line.
func start(words []string, cargo *Cargo) error {
	app := bareApp()
	app.Metadata = map[string]any{cargoKey: cargo}
	args, err := expand(app, words)
	if err != nil {
		return err
	}
	if c := app.Commands; len(c) == 1 && (c[0].Name == "run" || c[0].Name == "exec") {
		go expectSignals()
	}
	setUp(app)
	return app.RunContext(context.Background(), append([]string{app.Name}, args...))
}

// exitCode is the end of a program that ran as it should: nothing is printed, its code is passed on.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// coded is an error that asks for an exit code of its own.
type coded struct {
	error
	code int
}

func (c coded) Unwrap() error { return c.error }

// report prints an error, the only place that does, and gives the exit code.
func report(err error) int {
	var end exitCode
	if err == nil || errors.As(err, &end) {
		return int(end)
	}
	for line := range strings.Lines(err.Error() + remedy(err, os.Geteuid())) { // several errors, one a line
		fmt.Fprintf(os.Stderr, "glassbox: %s\n", strings.TrimSuffix(line, "\n"))
	}
	var usage usageError
	var with coded
	switch {
	case errors.As(err, &usage):
		return usage.code
	case errors.As(err, &with):
		return with.code
	}
	return 1
}

// newApp is the program with all its commands.
func newApp() *cli.App {
	app := bareApp()
	app.Commands = commands("")
	return app
}

// bareApp has no commands: expand makes those that a command line needs.
func bareApp() *cli.App {
	cli.HelpPrinter = printHelp
	cli.HelpFlag = &cli.BoolFlag{Name: "help", Usage: "print this help"} // its short name is taken: run -h is --hostname
	return &cli.App{
		Name:        "glassbox",
		HelpName:    "glassbox",
		Usage:       "containers with glass walls",
		UsageText:   "glassbox [--root DIR] [--state DIR] COMMAND …\n\nglassbox run -it box sh            a shell in a container\nglassbox run --rm --explain box id the same, every step told\nglassbox lesson                    the course",
		Flags:       globalFlags(),
		HideVersion: true,
		// Words that belong to a program must not be read as ours.
		HideHelpCommand:           true,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		OnUsageError:              badValue,
	}
}

// badValue shortens what package flag says of a value: invalid value "x" for flag -pids-limit: parse error.
func badValue(c *cli.Context, err error, _ bool) error {
	return usageError{fmt.Sprintf("%v (see '%s --help')", err, c.Command.HelpName), 125}
}
