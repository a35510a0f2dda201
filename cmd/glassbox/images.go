// This file is `glassbox images`, also called image ls.
package main

import (
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/storage"
)

func imagesCommand() *cli.Command {
	return &cli.Command{
		Name: "images", Usage: "list the images of the store",
		ArgsUsage: "[REPOSITORY[:TAG]]",
		UsageText: "glassbox images [flags] [REPOSITORY[:TAG]]\n\nglassbox images --filter dangling=true\nglassbox images --format '{{.Repository}} {{.ID}}'",
		Flags: []cli.Flag{
			flagSwitch("all", "every image: none is hidden anyway", "a"),
			flagSwitch("quiet", "ids alone", "q"),
			flagSwitch("no-trunc", "whole ids"),
			flagSwitch("digests", "the digest by which a registry has it, too"),
			flagList("filter", "`NAME=VALUE` only those of this dangling, reference, label, before or since (an image)", "f"),
			flagText("format", "`TEMPLATE` json, table TEMPLATE, or a Go template"),
		},
		Action: images,
	}
}

// imageRow has the fields that Docker's templates know.
type imageRow struct {
	Repository, Tag, Digest, ID, CreatedSince, CreatedAt, Size, VirtualSize, SharedSize, UniqueSize, Containers string
}

func images(c *cli.Context) error {
	if c.NArg() > 1 {
		return exactly(c, 1)
	}
	store, err := storage.Open(c.String("root"))
	if err != nil {
		return err
	}
	list, err := store.Images()
	if err != nil {
		return err
	}
	given := c.StringSlice("filter")
	if c.NArg() == 1 {
		given = append(given, "reference="+c.Args().First())
	}
	keep, err := imageFilter(given, list)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(i storage.Image) bool { return !keep(i) })
	slices.SortStableFunc(list, func(a, b storage.Image) int { return b.Config.Created.Compare(a.Config.Created.Time) })
	rows, err := imageRows(list, store.Sizes(), c.Bool("no-trunc"))
	if err != nil {
		return err
	}
	return printRows(c.App.Writer, imageFormat(c), map[string]string{
		"Repository": "REPOSITORY", "Tag": "TAG", "Digest": "DIGEST", "ID": "IMAGE ID", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT",
		"Size": "SIZE", "VirtualSize": "SIZE", "SharedSize": "SHARED SIZE", "UniqueSize": "UNIQUE SIZE", "Containers": "CONTAINERS",
	}, rows)
}

func imageFormat(c *cli.Context) string {
	format := c.String("format")
	switch {
	case c.Bool("quiet"):
		return "{{.ID}}"
	case (format == "" || format == "table") && c.Bool("digests"):
		return "table {{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
	case format == "" || format == "table":
		return "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}"
	}
	return format
}

func imageRows(list []storage.Image, sizes storage.Sizes, whole bool) ([]any, error) {
	rows := make([]any, len(list))
	now := time.Now()
	for i, img := range list {
		size, err := sizes.Image(img)
		if err != nil {
			return nil, err
		}
		row := imageRow{
			Digest: img.Remote.String(), ID: img.ID.String(), Size: units.HumanSizeWithPrecision(float64(size), 3), SharedSize: "N/A", UniqueSize: "N/A",
			Containers: "N/A", CreatedSince: "N/A", CreatedAt: img.Config.Created.Local().Format("2006-01-02 15:04:05 -0700 MST"),
		}
		if !img.Config.Created.IsZero() {
			row.CreatedSince = units.HumanDuration(now.Sub(img.Config.Created.Time)) + " ago"
		}
		row.VirtualSize = row.Size
		if !whole {
			row.ID = img.ID.Hex[:12]
		}
		row.Repository, row.Tag = splitName(img)
		rows[i] = row
	}
	return rows, nil
}

// splitName takes a name apart for two columns.
func splitName(img storage.Image) (repository, tag string) {
	if i := strings.LastIndex(img.Name, ":"); i > strings.LastIndex(img.Name, "/") {
		return img.Name[:i], img.Name[i+1:]
	}
	if img.Family != "" {
		return img.Family, "<none>"
	}
	return "<none>", "<none>"
}
