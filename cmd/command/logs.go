// This file is `glassbox logs`.
package command

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func logsCommand() *cli.Command {
	return &cli.Command{
		Name: "logs", Usage: "print what a container's program has written",
		ArgsUsage: "CONTAINER",
		UsageText: "glassbox logs [flags] CONTAINER\n\nglassbox logs -f --tail 20 web",
		Flags: []cli.Flag{
			flagSwitch("follow", "go on printing what is written", "f"),
			flagSwitch("timestamps", "put the time before each line", "t"),
			&cli.StringFlag{Name: "tail", Aliases: []string{"n"}, Value: "all", Usage: "`LINES` the last ones only"},
			flagSwitch("details", "the labels and variables that --log-opt has named"),
			flagText("until", "`TIME` what was written before"),
			flagText("since", "`TIME` what was written since: 2026-11-01T10:00:00Z, or 10m ago, or seconds of the epoch"),
		},
		Action: logs,
	}
}

func logs(c *cli.Context) error {
	if err := exactly(c, 1); err != nil {
		return err
	}
	r := engine.LogsRequest{Follow: c.Bool("follow"), Timestamps: c.Bool("timestamps"), Details: c.Bool("details"), Tail: -1, Stdout: os.Stdout, Stderr: os.Stderr}
	if tail := c.String("tail"); tail != "all" {
		n, err := strconv.Atoi(tail)
		if err != nil {
			return usageError{fmt.Sprintf("--tail %q: write a number of lines, or all", tail), 125}
		}
		r.Tail = n
	}
	var err error
	if r.Since, err = since(c.String("since"), time.Now()); err != nil {
		return err
	}
	if r.Until, err = since(c.String("until"), time.Now()); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	return e.Logs(c.Context, c.Args().First(), r)
}

// since reads a time as Docker does: a moment, a date, a distance from now, or seconds since 1970.
func since(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(text); err == nil {
		return now.Add(-ago), nil
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return time.Unix(0, int64(seconds*float64(time.Second))), nil
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, usageError{fmt.Sprintf("time %q: write a moment such as 2026-11-01T10:00:00Z or a distance such as 10m", text), 1}
}
