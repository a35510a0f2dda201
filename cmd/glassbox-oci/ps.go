// This file lists the processes of a container.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"glassbox/runtime/container"
)

func processes(g global, args []string) (int, error) {
	flags := newFlags("ps", "[--format table|json] ID [PS-ARGUMENT...]")
	format := flags.String("format", "table", "table or json")
	flags.StringVar(format, "f", "table", "short for --format")
	if err := parse(flags, args); err != nil { // what follows the id is for ps(1)
		return 1, err
	}
	if flags.NArg() == 0 {
		return 1, noContainer(flags)
	}
	c, err := container.Load(g.root, flags.Arg(0))
	if err != nil {
		return 1, err
	}
	pids, err := c.Processes()
	if err != nil {
		return 1, err
	}
	switch *format {
	case "json":
		if pids == nil {
			pids = []int{}
		}
		return 0, json.NewEncoder(os.Stdout).Encode(pids)
	case "table":
		return 0, processTable(pids, flags.Args()[1:])
	}
	return 1, fmt.Errorf("ps: --format=%s: use table or json", *format)
}

// processTable prints the lines of ps(1) that are about the container: its columns are what users know.
func processTable(pids []int, args []string) error {
	if len(args) == 0 {
		args = []string{"-ef"}
	}
	out, err := exec.Command("ps", args...).Output()
	if err != nil {
		return fmt.Errorf("ps %s: %w", strings.Join(args, " "), err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	column := slices.Index(strings.Fields(lines[0]), "PID")
	if column < 0 {
		return fmt.Errorf("ps %s: there is no column PID: choose other arguments", strings.Join(args, " "))
	}
	fmt.Println(lines[0])
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		if len(fields) <= column {
			continue
		}
		pid, err := strconv.Atoi(fields[column])
		if err == nil && slices.Contains(pids, pid) {
			fmt.Println(line)
		}
	}
	return nil
}
