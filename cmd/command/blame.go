// This file is `glassbox blame`: which layer a file of a container comes from.
package command

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func blameCommand() *cli.Command {
	return &cli.Command{
		Name: "blame", Usage: "tell which layer, and which line of the history, a file comes from",
		ArgsUsage: "CONTAINER PATH",
		UsageText: "glassbox blame [flags] CONTAINER PATH\n\nglassbox blame web /etc/passwd",
		Flags:     []cli.Flag{flagText("format", "`FORMAT` text or json")},
		Action: func(c *cli.Context) error {
			if err := exactly(c, 2); err != nil {
				return err
			}
			asJSON, err := wantsJSON(c)
			if err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			b, err := e.Blame(c.Context, c.Args().Get(0), c.Args().Get(1))
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(c.App.Writer).Encode(b)
			}
			printBlame(c.App.Writer, b)
			return nil
		},
	}
}

// wantsJSON reads --format of the commands that know two: text and json.
func wantsJSON(c *cli.Context) (bool, error) {
	switch c.String("format") {
	case "", "text":
		return false, nil
	case "json":
		return true, nil
	}
	return false, usageError{fmt.Sprintf("--format=%s: there is text and json", c.String("format")), 125}
}

func printBlame(w io.Writer, b engine.Blame) {
	fmt.Fprintln(w, b.Path)
	if b.Mount != "" {
		fmt.Fprintf(w, "  what is seen comes from a mount: %s\n", b.Mount)
	}
	for _, o := range b.Origins {
		fmt.Fprintf(w, "  %s  %s\n", place(o), state(o))
		if o.CreatedBy != "" {
			fmt.Fprintf(w, "      made by  %s\n", o.CreatedBy)
		}
		fmt.Fprintf(w, "      here     %s\n", o.Path)
	}
}

func place(o engine.Origin) string {
	if o.Layer == 0 {
		return "the container's own changes"
	}
	return fmt.Sprintf("layer %d", o.Layer)
}

func state(o engine.Origin) string {
	size := units.HumanSize(float64(o.Size))
	switch {
	case o.State == "deletes":
		return "a whiteout: the file is deleted here"
	case o.CopiedUp:
		return o.State + ", " + size + ", copied up from the layer below and changed"
	}
	return o.State + ", " + size
}
