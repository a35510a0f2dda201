// This file is `glassbox system df`: what lies on the disk, and what of it could go.
package command

import (
	"fmt"
	"strconv"
	"time"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func systemCommand() *cli.Command {
	return &cli.Command{
		Name: "system", Usage: "all of it: what it takes on the disk, and how to get that back",
		UsageText:   "glassbox system COMMAND …\n\nglassbox system df",
		Subcommands: []*cli.Command{systemDfCommand(), systemPruneCommand(), eventsCommand(), infoCommand(), systemGraphCommand()},
	}
}

func systemDfCommand() *cli.Command {
	return &cli.Command{
		Name: "df", Usage: "tell what lies on the disk",
		UsageText: "glassbox system df [flags]\n\nglassbox system df -v",
		Flags: []cli.Flag{
			flagSwitch("verbose", "each image, container and volume", "v"),
			flagText("format", "`TEMPLATE` json, table TEMPLATE, or a Go template"),
		},
		Action: systemDf,
	}
}

// usageRow has the fields that Docker's templates know.
type usageRow struct{ Type, TotalCount, Active, Size, Reclaimable string }

func systemDf(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	d, err := e.DiskUsage(c.Context)
	if err != nil {
		return err
	}
	if c.Bool("verbose") {
		return usageInDetail(c, d)
	}
	var rows []any
	for _, u := range d.Rows {
		rows = append(rows, usageRow{u.Kind, strconv.Itoa(u.Total), strconv.Itoa(u.Active), units.HumanSize(float64(u.Size)), u.Detail})
	}
	format := c.String("format")
	if format == "" || format == "table" {
		format = "table {{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}"
	}
	return printRows(c.App.Writer, format, map[string]string{"Type": "TYPE", "TotalCount": "TOTAL", "Active": "ACTIVE", "Size": "SIZE",
		"Reclaimable": "RECLAIMABLE"}, rows)
}

func usageInDetail(c *cli.Context, d *engine.DiskUsage) error {
	w := c.App.Writer
	fmt.Fprint(w, "Images space usage:\n\n")
	var rows []any
	for _, i := range d.Images {
		repository, tag := splitName(i.Name)
		if i.Name == "" && i.Family != "" {
			repository = i.Family
		}
		rows = append(rows, map[string]string{"A": repository, "B": tag, "C": i.ID.Hex[:12],
			"D": units.HumanDuration(time.Since(i.Config.Created.Time)) + " ago", "E": units.HumanSize(float64(i.Size)), "F": units.HumanSize(float64(i.Shared)),
			"G": units.HumanSize(float64(i.Size - i.Shared)), "H": strconv.Itoa(i.Containers)})
	}
	err := printTable(c, rows, "REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE", "SHARED SIZE", "UNIQUE SIZE", "CONTAINERS")
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "\nThe archives that the layers were unpacked from: %s\n\nContainers space usage:\n\n", units.HumanSize(float64(d.Blobs)))
	rows = nil
	for _, k := range d.Containers {
		rows = append(rows, map[string]string{"A": engine.ShortID(k.ID), "B": k.Image, "C": units.HumanSize(float64(k.Size)), "D": k.State, "E": k.Name})
	}
	if err := printTable(c, rows, "CONTAINER ID", "IMAGE", "SIZE", "STATUS", "NAMES"); err != nil {
		return err
	}
	fmt.Fprint(w, "\nLocal Volumes space usage:\n\n")
	rows = nil
	for _, v := range d.Volumes {
		rows = append(rows, map[string]string{"A": v.Name, "B": strconv.Itoa(len(v.Users)), "C": units.HumanSize(float64(d.VolumeSize[v.Name]))})
	}
	return printTable(c, rows, "VOLUME NAME", "LINKS", "SIZE")
}

// printTable prints rows whose columns are called A, B, C …
func printTable(c *cli.Context, rows []any, headings ...string) error {
	format, names := "table ", map[string]string{}
	for i, heading := range headings {
		column := string(rune('A' + i))
		names[column] = heading
		if i > 0 {
			format += "\t"
		}
		format += "{{." + column + "}}"
	}
	return printRows(c.App.Writer, format, names, rows)
}
