// This file holds the commands that end containers or start them again: stop, kill, restart, rm, and release, by which a shim
// cleans up after itself.
package command

import (
	"errors"
	"slices"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func stopFlags() []cli.Flag {
	return []cli.Flag{
		&cli.IntFlag{Name: "time", Aliases: []string{"t", "timeout"}, Usage: "`SECONDS` how long to wait; -1: for ever (the container's own, else 10)"},
		flagText("signal", "in place of the container's own stop signal", "s"),
	}
}

func stopRequest(c *cli.Context) engine.StopRequest {
	r := engine.StopRequest{Signal: c.String("signal")}
	if c.IsSet("time") {
		seconds := c.Int("time")
		r.Wait = &seconds
	}
	return r
}

func stopCommand() *cli.Command {
	return onContainers("stop", "ask programs to end, and kill them if they do not", "-t 2 web", stopFlags(),
		func(c *cli.Context, e *engine.Engine, ref string) error {
			return e.Stop(c.Context, ref, stopRequest(c))
		})
}

func restartCommand() *cli.Command {
	return onContainers("restart", "stop containers and start them", "-t 2 web", stopFlags(),
		func(c *cli.Context, e *engine.Engine, ref string) error {
			return e.Restart(c.Context, ref, stopRequest(c))
		})
}

func killCommand() *cli.Command {
	signal := &cli.StringFlag{Name: "signal", Aliases: []string{"s"}, Value: "KILL", Usage: "its name or number"}
	return onContainers("kill", "send a signal to a container's PID 1", "-s HUP web", []cli.Flag{signal},
		func(c *cli.Context, e *engine.Engine, ref string) error {
			return e.Kill(c.Context, ref, c.String("signal"))
		})
}

func rmCommand() *cli.Command {
	flags := append(storyFlags()[:3], // --explain, --step, --dry-run
		flagSwitch("force", "kill it first if it runs", "f"), flagSwitch("volumes", "with its anonymous volumes", "v"))
	rm := onContainers("rm", "remove containers with their files", "-f web", flags, rm)
	rm.Aliases = []string{"remove"}
	remove := rm.Action
	rm.Action = func(c *cli.Context) error {
		err := remove(c)
		if err != nil && c.Bool("force") && allGone(err) {
			return coded{err, 0}
		}
		return err
	}
	return rm
}

// allGone tells whether nothing else went wrong than that there are no such containers: who uses force wants just that.
func allGone(err error) bool {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		return !slices.ContainsFunc(several.Unwrap(), func(one error) bool { return !allGone(one) })
	}
	return errors.As(err, new(*engine.NotFound))
}

func rm(c *cli.Context, e *engine.Engine, ref string) error {
	want := engine.RemoveRequest{Force: c.Bool("force"), Volumes: c.Bool("volumes")}
	if c.Bool("dry-run") {
		plan, err := e.RemovePlan(ref, want)
		if err != nil {
			return err
		}
		return tellSteps(c, plan)
	}
	var err error
	if want.Listener, err = listenerFrom(c.Context, c); err != nil {
		return err
	}
	return e.Remove(c.Context, ref, want)
}

// releaseCommand is what a shim calls when its container has ended and nobody waits for it.
func releaseCommand() *cli.Command {
	return &cli.Command{
		Name: "release", Hidden: true, ArgsUsage: "ID",
		Action: withArguments(1, func(c *cli.Context, e *engine.Engine) error { return e.Release(c.Context, c.Args().First()) }),
	}
}

// packCommand is what a shim calls when a log is full.
func packCommand() *cli.Command {
	return &cli.Command{
		Name: "pack", Hidden: true, ArgsUsage: "FILE",
		Action: withArguments(1, func(c *cli.Context, _ *engine.Engine) error { return engine.Pack(c.Args().First()) }),
	}
}
