// This file is `glassbox images`.
package main

import (
	"strings"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/storage"
)

func imagesCommand() *cli.Command {
	return &cli.Command{
		Name: "images", Usage: "list the images of the store",
		UsageText: "glassbox images [flags]\n\nglassbox images --format '{{.Repository}} {{.ID}}'",
		Flags: []cli.Flag{
			flagSwitch("quiet", "ids alone", "q"),
			flagSwitch("no-trunc", "whole ids"),
			flagText("format", "`TEMPLATE` json, table TEMPLATE, or a Go template"),
		},
		Action: images,
	}
}

// imageRow has the fields that Docker's templates know.
type imageRow struct{ Repository, Tag, ID, CreatedAt, Size string }

func images(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	store, err := storage.Open(c.String("root"))
	if err != nil {
		return err
	}
	list, err := store.Images()
	if err != nil {
		return err
	}
	rows := make([]any, len(list))
	for i, img := range list {
		rows[i] = imageRowOf(img, c.Bool("no-trunc"))
	}
	format := c.String("format")
	switch {
	case c.Bool("quiet"):
		format = "{{.ID}}"
	case format == "" || format == "table":
		format = "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedAt}}\t{{.Size}}"
	}
	headings := map[string]string{"Repository": "REPOSITORY", "Tag": "TAG", "ID": "IMAGE ID", "CreatedAt": "CREATED", "Size": "SIZE"}
	return printRows(c.App.Writer, format, headings, rows)
}

func imageRowOf(img storage.Image, whole bool) imageRow {
	row := imageRow{Repository: "<none>", Tag: "<none>", ID: img.ID.String(), CreatedAt: img.Config.Created.Format("2006-01-02")}
	if !whole {
		row.ID = img.ID.Hex[:12]
	}
	if i := strings.LastIndex(img.Name, ":"); i > strings.LastIndex(img.Name, "/") {
		row.Repository, row.Tag = img.Name[:i], img.Name[i+1:]
	}
	var size int64
	for _, l := range img.Layers {
		size += l.Size
	}
	row.Size = units.HumanSize(float64(size))
	return row
}
