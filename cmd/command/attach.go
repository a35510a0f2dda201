// This file is `glassbox attach`: this terminal joins the streams of a container that runs.
package command

import (
	"context"

	"github.com/urfave/cli/v2"
)

func attachCommand() *cli.Command {
	return &cli.Command{
		Name: "attach", Usage: "connect this terminal with a running container",
		ArgsUsage: "CONTAINER",
		UsageText: "glassbox attach [flags] CONTAINER\n\nglassbox attach web",
		Flags: []cli.Flag{
			flagText("detach-keys", "`KEYS` that leave it to itself (ctrl-p,ctrl-q)"),
			flagSwitch("no-stdin", "listen only"),
			&cli.BoolFlag{Name: "sig-proxy", Value: true, Usage: "pass signals on to the program"},
		},
		Action: func(c *cli.Context) error { return withCode(attach(c), 1) },
	}
}

func attach(c *cli.Context) error {
	if err := exactly(c, 1); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	details, err := e.Inspect(c.Context, c.Args().First())
	if err != nil {
		return err
	}
	wants := wantsOf(c)
	wants.tty, wants.stdin = details.Config.Tty, details.Config.OpenStdin && !c.Bool("no-stdin")
	s, err := newSession(wants)
	if err != nil {
		return err
	}
	if c.Bool("sig-proxy") {
		s.kill = func(id, signal string) error { return e.Kill(context.Background(), id, signal) }
	}
	ctx, end := s.begin(c.Context)
	s.started(details.ID)
	code, err := e.Attach(ctx, details.ID, s.streams)
	if err := end(err); err != nil {
		return err
	}
	return exitCode(code)
}
