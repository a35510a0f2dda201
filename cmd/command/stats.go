// This file is `glassbox stats`: what running containers use, again and again.
package command

import (
	"bytes"
	"fmt"
	"os"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"glassbox/engine"
)

func statsCommand() *cli.Command {
	return &cli.Command{
		Name: "stats", Usage: "show what containers use: processors, memory, network, disk, processes",
		ArgsUsage: "[CONTAINER…]",
		UsageText: "glassbox stats [flags] [CONTAINER…]\n\nglassbox stats --no-stream",
		Flags: []cli.Flag{
			flagSwitch("all", "those that do not run, too", "a"),
			flagSwitch("no-stream", "once"),
			flagSwitch("no-trunc", "whole ids"),
			flagText("format", "`TEMPLATE` json, table TEMPLATE, or a Go template"),
		},
		Action: stats,
	}
}

// statsRow has the fields that Docker's templates know.
type statsRow struct {
	BlockIO, CPUPerc, Container, ID, MemPerc, MemUsage, Name, NetIO, PIDs string
}

func statsHeadings() map[string]string {
	return map[string]string{"BlockIO": "BLOCK I/O", "CPUPerc": "CPU %", "Container": "CONTAINER", "ID": "CONTAINER ID",
		"MemPerc": "MEM %", "MemUsage": "MEM USAGE / LIMIT", "Name": "NAME", "NetIO": "NET I/O", "PIDs": "PIDS"}
}

func stats(c *cli.Context) error {
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	r := engine.StatsRequest{Refs: c.Args().Slice(), All: c.Bool("all"), Once: c.Bool("no-stream")}
	return e.StatsStream(c.Context, r, func(list []engine.Sample) error { return printStats(c, list) })
}

// printStats rewrites the screen, if there is one.
func printStats(c *cli.Context, list []engine.Sample) error {
	var rows []any
	for _, s := range list {
		rows = append(rows, statsRowOf(s, c.Bool("no-trunc")))
	}
	format := c.String("format")
	if format == "" || format == "table" {
		format = "table {{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}"
	}
	var out bytes.Buffer
	if !c.Bool("no-stream") && term.IsTerminal(int(os.Stdout.Fd())) {
		out.WriteString("\x1b[H\x1b[2J")
	}
	if err := printRows(&out, format, statsHeadings(), rows); err != nil {
		return err
	}
	_, err := c.App.Writer.Write(out.Bytes())
	return err
}

func statsRowOf(s engine.Sample, whole bool) statsRow {
	row := statsRow{Container: s.Ref, ID: s.ID, Name: s.Name[1:], CPUPerc: "--", MemUsage: "-- / --", MemPerc: "--", NetIO: "--", BlockIO: "--", PIDs: "--"}
	if !whole {
		row.ID = engine.ShortID(s.ID)
	}
	if s.CPUStats.SystemUsage == 0 {
		return row // does not run
	}
	used := engine.MemoryUsed(s.MemoryStats)
	row.CPUPerc = fmt.Sprintf("%.2f%%", engine.CPUPercent(s.PreCPUStats, s.CPUStats))
	row.MemUsage = units.BytesSize(float64(used)) + " / " + units.BytesSize(float64(s.MemoryStats.Limit))
	row.MemPerc = fmt.Sprintf("%.2f%%", float64(used)/float64(max(s.MemoryStats.Limit, 1))*100)
	var received, sent, read, written uint64
	for _, n := range s.Networks {
		received, sent = received+n.RxBytes, sent+n.TxBytes
	}
	for _, b := range s.BlkioStats.IoServiceBytesRecursive {
		switch b.Op {
		case "Read", "read":
			read += b.Value
		case "Write", "write":
			written += b.Value
		}
	}
	row.NetIO, row.BlockIO = inAndOut(received, sent), inAndOut(read, written)
	row.PIDs = fmt.Sprint(s.PidsStats.Current)
	return row
}

func inAndOut(in, out uint64) string {
	return units.HumanSizeWithPrecision(float64(in), 3) + " / " + units.HumanSizeWithPrecision(float64(out), 3)
}
