// This file holds the commands that end containers or start them again: stop, kill, restart, rm, and release, by which a shim
// cleans up after itself.
package main

import (
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
	return &cli.Command{
		Name: "stop", Usage: "ask programs to end, and kill them if they do not",
		ArgsUsage: "CONTAINER…",
		UsageText: "glassbox stop [flags] CONTAINER…\n\nglassbox stop -t 2 web",
		Flags:     stopFlags(),
		Action: forEach(func(c *cli.Context, e *engine.Engine, ref string) error {
			return e.Stop(c.Context, ref, stopRequest(c))
		}),
	}
}

func restartCommand() *cli.Command {
	return &cli.Command{
		Name: "restart", Usage: "stop containers and start them",
		ArgsUsage: "CONTAINER…",
		UsageText: "glassbox restart [flags] CONTAINER…\n\nglassbox restart -t 2 web",
		Flags:     stopFlags(),
		Action: forEach(func(c *cli.Context, e *engine.Engine, ref string) error {
			return e.Restart(c.Context, ref, stopRequest(c))
		}),
	}
}

func killCommand() *cli.Command {
	return &cli.Command{
		Name: "kill", Usage: "send a signal to a container's PID 1",
		ArgsUsage: "CONTAINER…",
		UsageText: "glassbox kill [flags] CONTAINER…\n\nglassbox kill -s HUP web",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "signal", Aliases: []string{"s"}, Value: "KILL", Usage: "its name or number"},
		},
		Action: forEach(func(c *cli.Context, e *engine.Engine, ref string) error {
			return e.Kill(c.Context, ref, c.String("signal"))
		}),
	}
}

func rmCommand() *cli.Command {
	return &cli.Command{
		Name: "rm", Usage: "remove containers with their files", Aliases: []string{"remove"},
		ArgsUsage: "CONTAINER…",
		UsageText: "glassbox rm [flags] CONTAINER…\n\nglassbox rm -f web",
		Flags: []cli.Flag{
			flagSwitch("force", "kill it first if it runs", "f"),
			flagSwitch("volumes", "with its anonymous volumes", "v"),
		},
		Action: forEach(func(c *cli.Context, e *engine.Engine, ref string) error {
			return e.Remove(c.Context, ref, c.Bool("force"), c.Bool("volumes"))
		}),
	}
}

// releaseCommand is what a shim calls when its container has ended and nobody waits for it.
func releaseCommand() *cli.Command {
	return &cli.Command{
		Name: "release", Hidden: true, ArgsUsage: "ID",
		Action: func(c *cli.Context) error {
			if err := exactly(c, 1); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			return e.Release(c.Context, c.Args().First())
		},
	}
}

// packCommand is what a shim calls when a log is full.
func packCommand() *cli.Command {
	return &cli.Command{
		Name: "pack", Hidden: true, ArgsUsage: "FILE",
		Action: func(c *cli.Context) error {
			if err := exactly(c, 1); err != nil {
				return err
			}
			return engine.Pack(c.Args().First())
		},
	}
}
