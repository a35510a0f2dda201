// This file is `glassbox update`: other limits, or another restart policy, for containers that may be running.
package command

import (
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func updateCommand() *cli.Command {
	return &cli.Command{
		Name: "update", Usage: "change the limits and the restart policy of containers",
		ArgsUsage: "CONTAINER…",
		UsageText: "glassbox update [flags] CONTAINER…\n\nglassbox update --cpus 2 --memory 1g web",
		Flags: append(changeableLimits(),
			flagText("restart", "`POLICY` no, on-failure[:TIMES], always or unless-stopped")),
		Action: update,
	}
}

func update(c *cli.Context) error {
	if c.NumFlags() == 0 {
		return usageError{"you must provide one or more flags when using this command: " + usageLine(c), 1}
	}
	var r engine.Request
	if err := limits(c, &r); err != nil {
		return err
	}
	u := engine.UpdateRequest{Limits: r.Limits}
	if c.IsSet("restart") {
		policy, err := engine.ParseRestart(c.String("restart"))
		if err != nil {
			return err
		}
		u.Restart = &policy
	}
	return forEach(func(c *cli.Context, e *engine.Engine, ref string) error {
		return e.Update(c.Context, ref, u)
	})(c)
}
