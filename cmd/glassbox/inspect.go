// This file is `glassbox inspect`: all that is known of containers, as JSON in Docker's words, or a template's choice of it.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func inspectCommand() *cli.Command {
	return &cli.Command{
		Name: "inspect", Usage: "tell all about containers",
		ArgsUsage: "CONTAINER…",
		UsageText: "glassbox inspect [flags] CONTAINER…\n\nglassbox inspect -f '{{.State.Pid}} {{.NetworkSettings.IPAddress}}' web",
		Flags:     []cli.Flag{flagText("format", "`TEMPLATE` json or a Go template", "f")},
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
	for _, d := range found {
		if err := printDetail(c.App.Writer, format, d); err != nil {
			return err
		}
	}
	return nil
}

// printDetail lets a template say .Id as the JSON does, and .ID as Go's name is: Docker takes both.
func printDetail(w io.Writer, format string, d *engine.Details) error {
	var out strings.Builder
	typedErr := printRows(&out, format, nil, []any{d})
	if typedErr != nil {
		raw, err := asJSON(d)
		if err != nil {
			return err
		}
		out.Reset()
		if err := printRows(&out, format, nil, []any{raw}); err != nil {
			return typedErr
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// asJSON keeps numbers as they are written: 67108864 is not to become 6.7e+07.
func asJSON(v any) (map[string]any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var raw map[string]any
	err = decoder.Decode(&raw)
	return raw, err
}
