// This file is `glassbox inspect`: all that is known of containers and what they use, as JSON in Docker's words, or a template's choice of it.
package command

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
		Name: "inspect", Usage: "tell all about containers, images, networks and volumes",
		ArgsUsage: "NAME…",
		UsageText: "glassbox inspect [flags] NAME…\n\nglassbox inspect -f '{{.State.Pid}} {{.NetworkSettings.IPAddress}}' web",
		Flags: []cli.Flag{
			flagText("format", "`TEMPLATE` json or a Go template", "f"),
			flagSwitch("size", "how much a container's files take", "s"),
			flagText("type", "`TYPE` container, image, network or volume alone"),
		},
		Action: inspect,
	}
}

// kinds are what inspect knows, in the order in which it looks for a name.
func kinds(c *cli.Context, e *engine.Engine) []kind {
	return []kind{
		{"container", func(ref string) (any, error) { return e.InspectSize(c.Context, ref, c.Bool("size")) }},
		{"image", func(ref string) (any, error) { return e.InspectImage(c.Context, ref) }},
		{"network", func(ref string) (any, error) { return e.InspectNetwork(c.Context, ref) }},
		{"volume", func(ref string) (any, error) { return volumeDetailsOf(e, ref) }},
	}
}

type kind struct {
	name string
	find func(ref string) (any, error)
}

// inspectOne tells about the first thing of that name; the error is the first one's, too.
func inspectOne(list []kind, wanted, ref string) (any, error) {
	var first error
	for _, k := range list {
		if wanted != "" && k.name != wanted {
			continue
		}
		d, err := k.find(ref)
		if err == nil {
			return d, nil
		}
		if first == nil {
			first = err
		}
	}
	if wanted == "" && errors.As(first, new(*engine.NotFound)) {
		return nil, fmt.Errorf("no such object: %s: no container, image, network or volume is called so", ref)
	}
	if first == nil {
		return nil, usageError{fmt.Sprintf("--type %s: \"%s\" is not a valid value for --type: use container, image, network or volume", wanted, wanted), 125}
	}
	return nil, first
}

func inspect(c *cli.Context) error {
	if err := atLeast(c, 1); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	return printEach(c, func(ref string) (any, error) { return inspectOne(kinds(c, e), c.String("type"), ref) })
}

// printEach prints what find knows of each argument, even if it does not know all.
func printEach(c *cli.Context, find func(ref string) (any, error)) error {
	var errs []error
	found := []any{}
	for _, ref := range c.Args().Slice() {
		d, err := find(ref)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		found = append(found, d)
	}
	return errors.Join(append(errs, printObjects(c, found))...)
}

// printObjects prints what inspect commands have found, whatever it is.
func printObjects(c *cli.Context, found []any) error {
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
		if err := printObject(c.App.Writer, format, d); err != nil {
			return err
		}
	}
	return nil
}

// printObject lets a template say .Id as the JSON does, and .ID as Go's name is: Docker takes both.
func printObject(w io.Writer, format string, d any) error {
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
