// This file lists containers.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/runtime/container"
)

// fullState is the OCI state with what engines read beyond it.
type fullState struct {
	specs.State
	Rootfs  string    `json:"rootfs"`
	Created time.Time `json:"created"`
	Owner   string    `json:"owner"`
}

// stateOf: the owner of a container is that of its directory.
func stateOf(g global, c *container.Container) fullState {
	s := fullState{State: c.State(), Rootfs: c.Plan.Rootfs(), Created: c.Created}
	var st unix.Stat_t
	if unix.Stat(filepath.Join(g.root, s.ID), &st) == nil {
		s.Owner = userName(st.Uid)
	}
	return s
}

// userName is the one of /etc/passwd, or #uid.
func userName(uid uint32) string {
	number := strconv.FormatUint(uint64(uid), 10)
	users, err := os.ReadFile("/etc/passwd")
	if err != nil {
		return "#" + number
	}
	for line := range strings.Lines(string(users)) {
		if fields := strings.Split(line, ":"); len(fields) > 2 && fields[2] == number {
			return fields[0]
		}
	}
	return "#" + number
}

func list(g global, args []string) (int, error) {
	flags := newFlags("list", "[-q] [--format table|json]")
	quiet := flags.Bool("quiet", false, "ids only")
	flags.BoolVar(quiet, "q", false, "short for --quiet")
	format := flags.String("format", "table", "table or json")
	flags.StringVar(format, "f", "table", "short for --format")
	if err := parseNone(flags, args); err != nil {
		return 1, err
	}
	all, err := container.List(g.root)
	if err != nil {
		return 1, err
	}
	states := make([]fullState, len(all))
	for i, c := range all {
		states[i] = stateOf(g, c)
	}
	switch {
	case *quiet:
		for _, s := range states {
			fmt.Println(s.ID)
		}
		return 0, nil
	case *format == "json":
		return 0, printJSON(states)
	case *format != "table":
		return 1, fmt.Errorf("list: --format=%s: use table or json", *format)
	}
	return 0, printTable(states)
}

// printTable has runc's columns.
func printTable(states []fullState) error {
	w := tabwriter.NewWriter(os.Stdout, 12, 1, 3, ' ', 0)
	fmt.Fprintln(w, "ID\tPID\tSTATUS\tBUNDLE\tCREATED\tOWNER")
	for _, s := range states {
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\n", s.ID, s.Pid, s.Status, s.Bundle, s.Created.Format(time.RFC3339Nano), s.Owner)
	}
	return w.Flush()
}
