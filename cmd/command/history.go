// This file is `glassbox history`: how an image came to be, the newest step first, as its builder has noted it.
package command

import (
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"
	api "github.com/moby/moby/api/types/image"
	"github.com/urfave/cli/v2"
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
	e, err := open(c)
	if err != nil {
		return err
	}
	list, err := e.ImageHistory(c.Context, c.Args().First())
	if err != nil {
		return err
	}
	rows := make([]any, len(list))
	for i, item := range list {
		rows[i] = historyRowOf(item, c.Bool("human"), c.Bool("no-trunc"))
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

func historyRowOf(item api.HistoryResponseItem, human, whole bool) historyRow {
	created := time.Unix(item.Created, 0).UTC()
	row := historyRow{
		ID: item.ID, CreatedAt: created.Format(time.RFC3339), CreatedBy: strings.ReplaceAll(item.CreatedBy, "\t", " "), Comment: item.Comment,
		Size: strconv.FormatInt(item.Size, 10), CreatedSince: created.Format(time.RFC3339),
	}
	if human {
		row.Size, row.CreatedSince = units.HumanSizeWithPrecision(float64(item.Size), 3), units.HumanDuration(time.Since(created))+" ago"
	}
	if !whole {
		row.ID, row.CreatedBy = shortImageID(item.ID), shorten(row.CreatedBy, 45)
	}
	return row
}
