// This file is `glassbox exec`: a further program in a running container.
package command

import (
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func execCommand() *cli.Command {
	return &cli.Command{
		Name: "exec", Usage: "run a further program in a running container",
		ArgsUsage: "CONTAINER COMMAND [ARG…]",
		UsageText: "glassbox exec [flags] CONTAINER COMMAND [ARG…]\n\nglassbox exec -it web sh",
		Flags: []cli.Flag{
			flagSwitch("interactive", "keep standard input open", "i"),
			flagSwitch("tty", "give the program a terminal", "t"),
			flagSwitch("detach", "do not wait for it", "d"),
			flagText("detach-keys", "`KEYS` that leave it to itself (ctrl-p,ctrl-q)"),
			flagList("env", "`NAME=VALUE` an environment variable", "e"),
			flagList("env-file", "a file of environment variables"),
			flagText("user", "`USER[:GROUP]` names or numbers, as the container has them", "u"),
			flagText("workdir", "the directory to start in", "w"),
			flagSwitch("privileged", "with all capabilities"),
		},
		Action: func(c *cli.Context) error { return withCode(runExec(c), 1) },
	}
}

// runExec connects no signals: they are PID 1's, and this program is another one.
func runExec(c *cli.Context) error {
	if err := atLeast(c, 2); err != nil {
		return err
	}
	var r engine.Request
	if err := environment(c, &r); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	s, err := newSession(wantsOf(c))
	if err != nil {
		return err
	}
	ctx, end := s.begin(c.Context)
	code, err := e.Exec(ctx, c.Args().First(), engine.ExecRequest{
		Command: c.Args().Tail(), Env: r.Env, WorkDir: c.String("workdir"), User: c.String("user"),
		TTY: c.Bool("tty"), Detach: c.Bool("detach"), Privileged: c.Bool("privileged"),
		Streams: s.streams, Started: func() { s.started("") },
	})
	if err := end(err); err != nil {
		return err
	}
	return exitCode(code)
}
