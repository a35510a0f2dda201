// This file holds run's two halves, create and start.
package command

import (
	"context"
	"fmt"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func createCommand() *cli.Command {
	return &cli.Command{
		Name: "create", Usage: "make a container without running it",
		ArgsUsage: "IMAGE [COMMAND [ARG…]]",
		UsageText: "glassbox create [flags] IMAGE [COMMAND [ARG…]]\n\nglassbox create --name web box httpd -f",
		Flags:     runFlags(),
		Action:    func(c *cli.Context) error { return withCode(create(c), 125) },
	}
}

func create(c *cli.Context) error {
	if err := atLeast(c, 1); err != nil {
		return err
	}
	request, err := requestFrom(c)
	if err != nil {
		return err
	}
	if err := ensureImage(c, request.Image); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	story, err := listenerFrom(c.Context, c)
	if err != nil {
		return err
	}
	id, err := e.Create(c.Context, request, story)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.App.Writer, id)
	return err
}

func startCommand() *cli.Command {
	return &cli.Command{
		Name: "start", Usage: "run the program of containers that were created or have ended",
		ArgsUsage: "CONTAINER…",
		UsageText: "glassbox start [flags] CONTAINER…\n\nglassbox start -a web",
		Flags: append(storyFlags()[:2], // --explain and --step
			flagSwitch("attach", "stay until it ends", "a"),
			flagSwitch("interactive", "pass standard input on, too", "i"),
			flagText("detach-keys", "`KEYS` that leave it to itself (ctrl-p,ctrl-q)"),
		),
		Action: func(c *cli.Context) error {
			if err := atLeast(c, 1); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			if c.Bool("attach") || c.Bool("interactive") {
				return withCode(startAttached(c, e), 1)
			}
			return each(c, func(ref string) error {
				story, err := listenerFrom(c.Context, c)
				if err != nil {
					return err
				}
				_, err = e.Start(c.Context, ref, engine.StartRequest{Listener: story})
				return err
			})
		},
	}
}

// startAttached connects the terminal with one container, which was told when it was made whether it has one.
func startAttached(c *cli.Context, e *engine.Engine) error {
	if err := exactly(c, 1); err != nil {
		return err
	}
	details, err := e.Inspect(c.Context, c.Args().First())
	if err != nil {
		return err
	}
	wants := wantsOf(c)
	wants.tty = details.Config.Tty
	s, err := newSession(wants)
	if err != nil {
		return err
	}
	s.kill = func(id, signal string) error { return e.Kill(context.Background(), id, signal) }
	ctx, end := s.begin(c.Context)
	story, err := listenerFrom(ctx, c)
	if err != nil {
		return end(err)
	}
	result, err := e.Start(ctx, c.Args().First(), engine.StartRequest{Attach: true, Streams: s.streams, Listener: story, Ready: s.ready, Started: s.started})
	if err := end(err); err != nil {
		return err
	}
	return exitCode(result.ExitCode)
}
