// This file is `glassbox network explain`: a network drawn from the kernel's own state.
package command

import (
	"encoding/json"

	"github.com/urfave/cli/v2"
)

func networkExplainCommand() *cli.Command {
	return &cli.Command{
		Name: "explain", Usage: "draw a network as the kernel has it, and say where the books differ", ArgsUsage: "NETWORK",
		UsageText: "glassbox network explain [flags] NETWORK\n\nglassbox network explain --svg mynet > mynet.svg",
		Flags:     []cli.Flag{flagSwitch("svg", "a picture"), flagSwitch("json", "for programs")},
		Action: func(c *cli.Context) error {
			if err := exactly(c, 1); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			drawing, err := e.ExplainNetwork(c.Args().First())
			if err != nil {
				return err
			}
			switch {
			case c.Bool("svg"):
				return drawing.WriteSVG(c.App.Writer)
			case c.Bool("json"):
				encoder := json.NewEncoder(c.App.Writer)
				encoder.SetIndent("", "    ")
				encoder.SetEscapeHTML(false)
				return encoder.Encode(drawing)
			}
			return drawing.Write(c.App.Writer)
		},
	}
}
