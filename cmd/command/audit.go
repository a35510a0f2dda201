// This file is `glassbox audit`: what was left behind by what was killed, and --fix, which takes it back.
package command

import (
	"fmt"

	"github.com/urfave/cli/v2"
)

func auditCommand() *cli.Command {
	return &cli.Command{
		Name: "audit", Usage: "look for mounts, cgroups, links and rules that no container owns",
		UsageText: "glassbox audit [flags]\n\nglassbox audit --fix",
		Flags:     []cli.Flag{flagSwitch("fix", "take them back")},
		Action:    audit,
	}
}

// audit ends with code 1 if something is left.
func audit(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	leaks, err := e.Audit(c.Context, c.Bool("fix"))
	for _, l := range leaks {
		fmt.Fprintln(c.App.Writer, l)
	}
	if err != nil {
		return err
	}
	switch {
	case len(leaks) == 0:
		fmt.Fprintln(c.App.Writer, "nothing is left behind")
	case !c.Bool("fix"):
		return fmt.Errorf("%s left behind: glassbox audit --fix takes it back", count(len(leaks), "thing"))
	}
	return nil
}
