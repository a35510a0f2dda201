// This file reads the flags of run about what the supervisor does: start the program again, keep its output, ask after its health.
package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func upkeepFlags() []cli.Flag {
	return []cli.Flag{
		flagText("restart", "`POLICY` when its program ends: no, on-failure[:TIMES], always or unless-stopped"),
		flagText("log-driver", "`NAME` json-file, local, none, syslog or journald"),
		flagList("log-opt", "`NAME=VALUE` max-size, max-file, compress, mode, max-buffer-size, labels, env, tag"),
		flagText("health-cmd", "`LINE` for the container's shell: it ends with 0 if all is well"),
		&cli.DurationFlag{Name: "health-interval", Usage: "`TIME` between two checks (30s)"},
		&cli.DurationFlag{Name: "health-timeout", Usage: "`TIME` that one check may take (30s)"},
		&cli.DurationFlag{Name: "health-start-period", Usage: "`TIME` in which failures do not count (0s)"},
		&cli.DurationFlag{Name: "health-start-interval", Usage: "`TIME` between two checks in that period (5s)"},
		flagWhole("health-retries", "`NUMBER` of failures in a row that mean unhealthy (3)"),
		flagSwitch("no-healthcheck", "no checks, also where the image asks for them"),
	}
}

func upkeep(c *cli.Context, r *engine.Request) error {
	var err error
	u := &r.Upkeep
	if u.Restart, err = engine.ParseRestart(c.String("restart")); err != nil {
		return err
	}
	u.Log.Driver = c.String("log-driver")
	for _, option := range c.StringSlice("log-opt") {
		name, value, ok := strings.Cut(option, "=")
		if !ok {
			return fmt.Errorf("invalid logging option %q: write NAME=VALUE", option)
		}
		if u.Log.Options == nil {
			u.Log.Options = map[string]string{}
		}
		u.Log.Options[name] = value
	}
	return health(c, &u.Health)
}

func health(c *cli.Context, h *engine.HealthCheck) error {
	h.Interval, h.Timeout = c.Duration("health-interval"), c.Duration("health-timeout")
	h.StartPeriod, h.StartInterval = c.Duration("health-start-period"), c.Duration("health-start-interval")
	h.Retries = c.Int("health-retries")
	line := c.String("health-cmd")
	switch {
	case h.Interval < 0 || h.Timeout < 0 || h.StartPeriod < 0 || h.StartInterval < 0:
		return errors.New("--health-interval, --health-timeout, --health-start-period and --health-start-interval cannot be negative")
	case h.Retries < 0:
		return errors.New("--health-retries cannot be negative")
	case line != "":
		h.Test = []string{"CMD-SHELL", line}
	}
	if !c.Bool("no-healthcheck") {
		return nil
	}
	if line != "" || h.Interval != 0 || h.Timeout != 0 || h.StartPeriod != 0 || h.StartInterval != 0 || h.Retries != 0 {
		return errors.New("--no-healthcheck conflicts with --health-* options")
	}
	h.Test = []string{"NONE"}
	return nil
}
