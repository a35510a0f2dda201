// This file is `glassbox inspect`: all that is known of containers, as JSON in Docker's words, or a template's choice of it.
package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func inspectCommand() *cli.Command {
	return &cli.Command{
		Name: "inspect", Usage: "tell all about containers",
		ArgsUsage: "CONTAINER…",
		UsageText: "glassbox inspect [flags] CONTAINER…\n\nglassbox inspect -f '{{.State.Pid}} {{.NetworkSettings.IPAddress}}' web",
		Flags:     []cli.Flag{flagText("format", "`TEMPLATE` json or a Go", "f")},
		Action:    inspect,
	}
}

// inspect prints what it has found even if one of the containers is not there.
func inspect(c *cli.Context) error {
	if err := atLeast(c, 1); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	var errs []error
	found := []*engine.Details{}
	for _, ref := range c.Args().Slice() {
		d, err := e.Inspect(c.Context, ref)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		found = append(found, d)
	}
	return errors.Join(append(errs, printDetails(c, found))...)
}

func printDetails(c *cli.Context, found []*engine.Details) error {
	format := c.String("format")
	if format == "" {
		text, err := json.MarshalIndent(found, "", "    ")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.App.Writer, "%s\n", text)
		return err
	}
	rows := make([]any, len(found))
	for i, d := range found {
		rows[i] = d
	}
	return printRows(c.App.Writer, format, nil, rows)
}
