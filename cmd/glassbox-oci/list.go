// This file lists containers.
package main

import (
	"fmt"
	"os"
	"text/tabwriter"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/runtime/container"
)

// fullState is the OCI state with what engines read beyond it.
type fullState struct {
	specs.State
	Rootfs  string    `json:"rootfs"`
	Created time.Time `json:"created"`
}

func stateOf(c *container.Container) fullState {
	return fullState{State: c.State(), Rootfs: c.Plan.Rootfs(), Created: c.Created}
}

func list(g global, args []string) (int, error) {
	flags := newFlags("list", "[-q] [--format table|json]")
	quiet := flags.Bool("quiet", false, "ids only")
	flags.BoolVar(quiet, "q", false, "short for --quiet")
	format := flags.String("format", "table", "table or json")
	flags.StringVar(format, "f", "table", "short for --format")
	if _, err := parseAll(flags, args); err != nil {
		return 1, err
	}
	all, err := container.List(g.root)
	if err != nil {
		return 1, err
	}
	states := make([]fullState, len(all))
	for i, c := range all {
		states[i] = stateOf(c)
	}
	switch {
	case *format == "json":
		return 0, printJSON(states)
	case *format != "table":
		return 1, fmt.Errorf("list: --format=%s: use table or json", *format)
	}
	return 0, printTable(states, *quiet)
}

func printTable(states []fullState, quiet bool) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 1, 3, ' ', 0)
	if !quiet {
		fmt.Fprintln(w, "ID\tPID\tSTATUS\tBUNDLE\tCREATED")
	}
	for _, s := range states {
		if quiet {
			fmt.Fprintln(w, s.ID)
			continue
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", s.ID, s.Pid, s.Status, s.Bundle, s.Created.Format(time.RFC3339))
	}
	return w.Flush()
}
