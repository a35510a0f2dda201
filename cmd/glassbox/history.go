// This file is `glassbox history`: how an image came to be, the newest step first, as its builder has noted it.
package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/storage"
)

func historyCommand() *cli.Command {
	return &cli.Command{
		Name: "history", Usage: "tell how an image was made",
		ArgsUsage: "IMAGE",
		UsageText: "glassbox history [flags] IMAGE\n\nglassbox history --no-trunc box",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "human", Aliases: []string{"H"}, Value: true, Usage: "sizes and times for people (true)"},
			flagSwitch("no-trunc", "whole commands and ids"),
			flagSwitch("quiet", "ids alone", "q"),
			flagText("format", "`TEMPLATE` json, table TEMPLATE, or a Go template"),
		},
		Action: history,
	}
}

// historyRow has the fields that Docker's templates know.
type historyRow struct{ ID, CreatedSince, CreatedAt, CreatedBy, Size, Comment string }

func history(c *cli.Context) error {
	if err := exactly(c, 1); err != nil {
		return err
	}
	store, err := storage.Open(c.String("root"))
	if err != nil {
		return err
	}
	img, err := store.Image(c.Args().First())
	if err != nil {
		return err
	}
	rows, err := historyRows(img, store.Sizes(), c.Bool("human"), c.Bool("no-trunc"))
	if err != nil {
		return err
	}
	format := c.String("format")
	switch {
	case c.Bool("quiet"):
		format = "{{.ID}}"
	case format == "" || format == "table":
		format = "table {{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}"
	}
	return printRows(c.App.Writer, format, map[string]string{"ID": "IMAGE", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT",
		"CreatedBy": "CREATED BY", "Size": "SIZE", "Comment": "COMMENT"}, rows)
}

// historyRows: lines marked as empty have changed the config alone; each other line is one layer.
func historyRows(img storage.Image, sizes storage.Sizes, human, whole bool) ([]any, error) {
	var rows []any
	layers := img.Layers
	for _, h := range img.Config.History {
		var size int64
		if !h.EmptyLayer && len(layers) > 0 {
			var err error
			if size, err = sizes.Layer(layers[0]); err != nil {
				return nil, err
			}
			layers = layers[1:]
		}
		row := historyRow{
			ID: "<missing>", CreatedAt: h.Created.Format(time.RFC3339), CreatedBy: strings.ReplaceAll(h.CreatedBy, "\t", " "), Comment: h.Comment,
			Size: strconv.FormatInt(size, 10), CreatedSince: h.Created.Format(time.RFC3339),
		}
		if human {
			row.Size, row.CreatedSince = units.HumanSizeWithPrecision(float64(size), 3), units.HumanDuration(time.Since(h.Created.Time))+" ago"
		}
		if !whole {
			row.CreatedBy = shorten(row.CreatedBy, 45)
		}
		rows = append(rows, row)
	}
	slices.Reverse(rows)
	if len(rows) > 0 { // of those before, only their traces are known
		top := rows[0].(historyRow)
		if top.ID = img.ID.String(); !whole {
			top.ID = img.ID.Hex[:12]
		}
		rows[0] = top
	}
	return rows, nil
}
