// This file is `glassbox xray`: how any process is isolated, whoever started it, and how it is not.
package command

import (
	"encoding/json"

	"github.com/urfave/cli/v2"

	"glassbox/kernel/look/xray"
)

func xrayCommand() *cli.Command {
	return &cli.Command{
		Name: "xray", Usage: "see how a process is isolated, whoever started it, and what is not",
		ArgsUsage: "PID|CONTAINER",
		UsageText: "glassbox xray [flags] PID|CONTAINER\n\nglassbox xray web\nglassbox xray --format '{{range .NotIsolated}}{{println .Name}}{{end}}' 4711",
		Description: "It reads the kernel's files and asks no engine: a container of Docker or Podman, a service of systemd, a browser's\n" +
			"sandbox are all seen alike. Who is not root sees less, and is told what could not be read.",
		Flags: []cli.Flag{
			flagSwitch("json", "for programs"),
			flagText("format", "`TEMPLATE` json or a Go template", "f"),
		},
		Action: runXray,
	}
}

func runXray(c *cli.Context) error {
	if err := exactly(c, 1); err != nil {
		return err
	}
	pid, err := pidOf(c, c.Args().First())
	if err != nil {
		return err
	}
	report, err := xray.Look(pid)
	if err != nil {
		return err
	}
	switch format := c.String("format"); {
	case c.Bool("json") || format == "json":
		encoder := json.NewEncoder(c.App.Writer)
		encoder.SetIndent("", "    ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(report)
	case format != "":
		return printRows(c.App.Writer, format, nil, []any{report})
	}
	return xray.Write(c.App.Writer, report)
}
