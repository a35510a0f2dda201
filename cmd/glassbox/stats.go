// This file is `glassbox stats`: what running containers use, again and again.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/docker/go-units"
	api "github.com/moby/moby/api/types/container"
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
	before, err := measure(c, e)
	if err != nil {
		return err
	}
	for {
		select {
		case <-c.Context.Done():
			return nil
		case <-time.After(time.Second): // percentages need two measurements
		}
		after, err := measure(c, e)
		if err != nil {
			return err
		}
		if err := printStats(c, before, after); err != nil || c.Bool("no-stream") {
			return err
		}
		before = after
	}
}

// measured is what a container uses, and what the caller calls it.
type measured struct {
	api.StatsResponse
	ref string
}

// measure looks at the containers that are named, or at all that there are at this moment.
func measure(c *cli.Context, e *engine.Engine) ([]measured, error) {
	refs := c.Args().Slice()
	named := len(refs) > 0
	if !named {
		list, err := e.List(c.Context, engine.ListRequest{All: c.Bool("all")})
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			refs = append(refs, s.ID)
		}
	}
	var all []measured
	for _, ref := range refs {
		s, err := e.Stats(c.Context, ref)
		if !named && errors.As(err, new(*engine.NotFound)) {
			continue // removed just now
		}
		if err != nil {
			return nil, err
		}
		all = append(all, measured{s, ref})
	}
	return all, nil
}

// printStats rewrites the screen, if there is one.
func printStats(c *cli.Context, before, after []measured) error {
	old := map[string]api.CPUStats{}
	for _, s := range before {
		old[s.ID] = s.CPUStats
	}
	var rows []any
	for _, s := range after {
		rows = append(rows, statsRowOf(s, old[s.ID], c.Bool("no-trunc")))
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

func statsRowOf(s measured, before api.CPUStats, whole bool) statsRow {
	row := statsRow{Container: s.ref, ID: s.ID, Name: s.Name[1:], CPUPerc: "--", MemUsage: "-- / --", MemPerc: "--", NetIO: "--", BlockIO: "--", PIDs: "--"}
	if !whole {
		row.ID = engine.ShortID(s.ID)
	}
	if s.CPUStats.SystemUsage == 0 {
		return row // does not run
	}
	used := engine.MemoryUsed(s.MemoryStats)
	row.CPUPerc = fmt.Sprintf("%.2f%%", engine.CPUPercent(before, s.CPUStats))
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
