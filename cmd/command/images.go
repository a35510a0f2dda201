// This file is `glassbox images`, also called image ls.
package command

import (
	"strings"
	"time"

	"github.com/docker/go-units"
	api "github.com/moby/moby/api/types/image"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
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
	filters, err := imageFilters(c, engine.ImageFilters()...)
	if err != nil {
		return err
	}
	if c.NArg() == 1 {
		filters["reference"] = append(filters["reference"], c.Args().First())
	}
	e, err := open(c)
	if err != nil {
		return err
	}
	list, err := e.Images(c.Context, engine.ImagesRequest{Filters: filters})
	if err != nil {
		return err
	}
	digests := c.Bool("digests") || strings.Contains(c.String("format"), ".Digest")
	var rows []any
	for _, s := range list {
		rows = append(rows, imageRows(s, digests, c.Bool("no-trunc"))...)
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

// imageFilters reads --filter.
func imageFilters(c *cli.Context, known ...string) (engine.Filters, error) {
	filters, err := engine.ParseFilters(c.StringSlice("filter"), known)
	if err != nil {
		return nil, usageError{err.Error(), 125}
	}
	return filters, nil
}

// imageRows are the lines of one image: one for each of its names, or of a repository in which it has no name; with digests, each
// for every digest by which that repository has the image.
func imageRows(s api.Summary, digests, whole bool) []any {
	row := imageRowOf(s, whole)
	if len(s.RepoDigests) == 0 {
		row.Repository, row.Tag, row.Digest = "<none>", "<none>", s.Descriptor.Digest.String()
		return []any{row}
	}
	tags := map[string][]string{}
	for _, name := range s.RepoTags {
		repository, tag := splitName(name)
		tags[repository] = append(tags[repository], tag)
	}
	var rows []any
	for _, name := range s.RepoDigests {
		row.Repository, row.Digest, _ = strings.Cut(name, "@")
		if tags[row.Repository] == nil {
			tags[row.Repository] = []string{"<none>"}
		}
		for _, row.Tag = range tags[row.Repository] {
			rows = append(rows, row)
		}
		if !digests {
			tags[row.Repository] = []string{} // one line is enough
		}
	}
	return rows
}

// imageRowOf has what all lines of an image have.
func imageRowOf(s api.Summary, whole bool) imageRow {
	size, created := units.HumanSizeWithPrecision(float64(s.Size), 3), time.Unix(s.Created, 0)
	row := imageRow{
		ID: s.ID, Size: size, VirtualSize: size, SharedSize: "N/A", UniqueSize: "N/A", Containers: "N/A", CreatedSince: "N/A",
		CreatedAt: created.Local().Format("2006-01-02 15:04:05 -0700 MST"),
	}
	if !created.IsZero() {
		row.CreatedSince = units.HumanDuration(time.Since(created)) + " ago"
	}
	if !whole {
		row.ID = shortImageID(s.ID)
	}
	return row
}

// shortImageID is what people read of an id.
func shortImageID(id string) string { return engine.ShortID(strings.TrimPrefix(id, "sha256:")) }

// splitName takes a name apart for two columns.
func splitName(name string) (repository, tag string) {
	if i := strings.LastIndex(name, ":"); i > strings.LastIndex(name, "/") {
		return name[:i], name[i+1:]
	}
	return "<none>", "<none>"
}
