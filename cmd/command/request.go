// This file makes an engine.Request out of the flags of run.
package command

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func requestFrom(c *cli.Context) (engine.Request, error) {
	r := engine.Request{
		Image: c.Args().First(), Command: c.Args().Tail(), Name: c.String("name"),
		WorkDir: c.String("workdir"), User: c.String("user"), Groups: c.StringSlice("group-add"),
		StopSignal: c.String("stop-signal"), Platform: c.String("platform"),
		TTY: c.Bool("tty"), OpenStdin: c.Bool("interactive"), AutoRemove: c.Bool("rm"), Init: c.Bool("init"),
	}
	if c.IsSet("entrypoint") {
		r.Entrypoint = []string{}
		if program := c.String("entrypoint"); program != "" {
			r.Entrypoint = []string{program}
		}
	}
	if c.IsSet("stop-timeout") {
		wait := c.Int("stop-timeout")
		r.StopWait = &wait
	}
	for _, fill := range []func(*cli.Context, *engine.Request) error{
		foreign, environment, labels, annotations, files, reach, naming, limits, security, namespaces, upkeep,
	} {
		if err := fill(c, &r); err != nil {
			return r, err
		}
	}
	return r, nil
}

func reach(c *cli.Context, r *engine.Request) error {
	r.Network.Sysctls = map[string]string{}
	for _, s := range c.StringSlice("sysctl") {
		name, value, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return fmt.Errorf("--sysctl %q: write NAME=VALUE", s)
		}
		r.Network.Sysctls[name] = value
	}
	if err := networks(c, r); err != nil {
		return err
	}
	return ports(c, r)
}

func cutAny(s, separators string) (before, after string, found bool) {
	i := strings.IndexAny(s, separators)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
