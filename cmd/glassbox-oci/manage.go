// This file holds the commands for containers that exist: state, kill, delete.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/runtime/container"
)

func state(g global, args []string) (int, error) {
	id, _, err := containerFlags(newFlags("state", "ID"), args, 0)
	if err != nil {
		return 1, err
	}
	c, err := container.Load(g.root, id)
	if err != nil {
		return 1, err
	}
	return 0, printJSON(stateOf(g, c))
}

func kill(g global, args []string) (int, error) {
	flags := newFlags("kill", "[--all] ID [SIGNAL]")
	all := flags.Bool("all", false, "send it to every process of the container")
	flags.BoolVar(all, "a", false, "short for --all")
	id, rest, err := containerFlags(flags, args, 1)
	if err != nil {
		return 1, err
	}
	sig := unix.SIGTERM
	if len(rest) > 0 {
		if sig, err = signalOf(rest[0]); err != nil {
			return 1, err
		}
	}
	c, err := container.Load(g.root, id)
	if err != nil {
		return 1, err
	}
	return 0, c.Kill(sig, *all)
}

// signalOf reads 9, KILL and SIGKILL. 0 sends nothing, and tells whether one could.
func signalOf(word string) (unix.Signal, error) {
	if n, err := strconv.Atoi(word); err == nil && n >= 0 && n < 65 {
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
	flags := newFlags("delete", "[--force] ID")
	force := flags.Bool("force", false, "kill it first if it is running; no error if there is no such container")
	flags.BoolVar(force, "f", false, "short for --force")
	id, _, err := containerFlags(flags, args, 0)
	if err != nil {
		return 1, err
	}
	c, err := container.Load(g.root, id)
	if errors.Is(err, container.ErrNotFound) && *force {
		return 0, container.Clear(g.root, id)
	}
	if err != nil {
		return 1, err
	}
	c.Warn = g.warn
	return 0, c.Delete(*force)
}

func printJSON(v any) error {
	enc := json.NewEncoder(os.Stdout)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}
