// This file holds the commands for containers that exist: state, kill, delete, list.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/runtime/container"
)

func state(g global, args []string) (int, error) {
	id, err := containerFlags(newFlags("glassbox-oci state", "ID"), args)
	if err != nil {
		return 1, err
	}
	c, err := container.Load(g.root, id)
	if err != nil {
		return 1, err
	}
	return 0, printJSON(stateOf(c))
}

// fullState is the OCI state with what engines read beyond it.
type fullState struct {
	specs.State
	Rootfs  string    `json:"rootfs"`
	Created time.Time `json:"created"`
}

func stateOf(c *container.Container) fullState {
	return fullState{State: c.State(), Rootfs: c.Plan.Rootfs(), Created: c.Created}
}

func kill(g global, args []string) (int, error) {
	flags := newFlags("glassbox-oci kill", "[--all] ID [SIGNAL]")
	all := flags.Bool("all", false, "send it to every process of the container")
	flags.BoolVar(all, "a", false, "short for --all")
	id, err := containerFlags(flags, args)
	if err != nil {
		return 1, err
	}
	sig := unix.SIGTERM
	if flags.NArg() > 1 {
		if sig, err = signalOf(flags.Arg(1)); err != nil {
			return 1, err
		}
	}
	c, err := container.Load(g.root, id)
	if err != nil {
		return 1, err
	}
	return 0, c.Kill(sig, *all)
}

// signalOf reads 9, KILL and SIGKILL.
func signalOf(word string) (unix.Signal, error) {
	if n, err := strconv.Atoi(word); err == nil && n > 0 && n < 65 {
		return unix.Signal(n), nil
	}
	name := strings.ToUpper(word)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	if sig := unix.SignalNum(name); sig != 0 {
		return sig, nil
	}
	return 0, fmt.Errorf("unknown signal %q: give a name such as TERM, or a number from 1 to 64", word)
}

func remove(g global, args []string) (int, error) {
	flags := newFlags("glassbox-oci delete", "[--force] ID")
	force := flags.Bool("force", false, "kill it first if it is running; no error if there is no such container")
	flags.BoolVar(force, "f", false, "short for --force")
	id, err := containerFlags(flags, args)
	if err != nil {
		return 1, err
	}
	c, err := container.Load(g.root, id)
	if errors.Is(err, container.ErrNotFound) && *force {
		return 0, nil
	}
	if err != nil {
		return 1, err
	}
	return 0, c.Delete(*force)
}

func list(g global, args []string) (int, error) {
	flags := newFlags("glassbox-oci list", "[-q] [--format table|json]")
	quiet := flags.Bool("quiet", false, "ids only")
	flags.BoolVar(quiet, "q", false, "short for --quiet")
	format := flags.String("format", "table", "table or json")
	flags.StringVar(format, "f", "table", "short for --format")
	if err := flags.Parse(args); err != nil {
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
	if *format == "json" {
		return 0, printJSON(states)
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 1, 3, ' ', 0)
	if !*quiet {
		fmt.Fprintln(w, "ID\tPID\tSTATUS\tBUNDLE\tCREATED")
	}
	for _, s := range states {
		if *quiet {
			fmt.Fprintln(w, s.ID)
			continue
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\n", s.ID, s.Pid, s.Status, s.Bundle, s.Created.Format(time.RFC3339))
	}
	return 0, w.Flush()
}

func printJSON(v any) error {
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
