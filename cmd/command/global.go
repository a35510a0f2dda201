// This file holds what all commands share: where containers live, the checks before a command, and how arguments are counted.
package command

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func globalFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "root", Value: "/var/lib/glassbox", EnvVars: []string{"GLASSBOX_ROOT"}, Usage: "where images and containers are kept"},
		&cli.StringFlag{Name: "state", Value: "/run/glassbox", EnvVars: []string{"GLASSBOX_STATE"}, Usage: "where running containers are noted"},
		flagSwitch("version", "print the version", "v"),
	}
}

// open gives the engine of this command line.
func open(c *cli.Context) (*engine.Engine, error) {
	root, err := filepath.Abs(c.String("root"))
	if err != nil {
		return nil, fmt.Errorf("--root: %w", err)
	}
	state, err := filepath.Abs(c.String("state"))
	if err != nil {
		return nil, fmt.Errorf("--state: %w", err)
	}
	runtime, err := beside("glassbox-oci")
	if err != nil {
		return nil, err
	}
	e := &engine.Engine{Root: root, State: state, Runtime: runtime,
		Self: []string{filepath.Join(filepath.Dir(runtime), "glassbox"), "--root", root, "--state", state}, Warn: warn}
	if cargo, err := cargoOf(c); err == nil {
		e.Codecs = cargo.Codecs
	}
	return e, nil
}

// warn tells what is no reason to stop.
func warn(what string) { fmt.Fprintln(os.Stderr, "WARNING:", what) }

// openAsRoot is open for what needs the rights of root, which is nearly everything.
func openAsRoot(c *cli.Context) (*engine.Engine, error) {
	if os.Geteuid() != 0 {
		return nil, fmt.Errorf("%s needs root, for namespaces, mounts and cgroups: sudo %s …", c.Command.Name, c.Command.HelpName)
	}
	return open(c)
}

// atLeast checks the number of arguments.
func atLeast(c *cli.Context, n int) error {
	if c.NArg() >= n {
		return nil
	}
	return usageError{fmt.Sprintf("%s needs at least %s: %s", c.Command.Name, count(n, "argument"), usageLine(c)), 1}
}

func exactly(c *cli.Context, n int) error {
	if c.NArg() == n {
		return nil
	}
	return usageError{fmt.Sprintf("%s needs %s: %s", c.Command.Name, count(n, "argument"), usageLine(c)), 1}
}

func usageLine(c *cli.Context) string {
	return fmt.Sprintf("%s [flags] %s", c.Command.HelpName, c.Command.ArgsUsage)
}

func count(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// forEach is the action of a command that does the same to every container it is given.
func forEach(do func(c *cli.Context, e *engine.Engine, ref string) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		if err := atLeast(c, 1); err != nil {
			return err
		}
		e, err := openAsRoot(c)
		if err != nil {
			return err
		}
		return each(c, func(ref string) error { return do(c, e, ref) })
	}
}

// onContainers is a command that does the same to each container that is named. Its example stands below its usage in the help.
func onContainers(name, usage, example string, flags []cli.Flag, do func(c *cli.Context, e *engine.Engine, ref string) error) *cli.Command {
	words := "glassbox " + name
	if len(flags) > 0 {
		words += " [flags]"
	}
	return &cli.Command{
		Name: name, Usage: usage, ArgsUsage: "CONTAINER…", UsageText: words + " CONTAINER…\n\nglassbox " + name + " " + example,
		Flags: flags, Action: forEach(do),
	}
}

// withArguments is the action of a command that takes so many, no more and no fewer.
func withArguments(number int, do func(c *cli.Context, e *engine.Engine) error) cli.ActionFunc {
	return func(c *cli.Context) error {
		if err := exactly(c, number); err != nil {
			return err
		}
		e, err := openAsRoot(c)
		if err != nil {
			return err
		}
		return do(c, e)
	}
}

// each does something for every argument, and says for which it has; it goes on after an error, and returns all errors.
func each(c *cli.Context, do func(ref string) error) error {
	var errs []error
	for _, ref := range c.Args().Slice() {
		if err := do(ref); err != nil {
			errs = append(errs, err)
			continue
		}
		if !c.Bool("dry-run") {
			fmt.Fprintln(c.App.Writer, ref)
		}
	}
	return errors.Join(errs...)
}
