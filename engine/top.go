// This file lists the processes of a container, as the host's ps(1) shows them.
package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	api "github.com/moby/moby/api/types/container"

	"glassbox/engine/shim/wire"
	"glassbox/runtime/container"
)

// Top runs ps with the given options and keeps the lines of the container's processes; none: "-ef".
func (e *Engine) Top(ctx context.Context, ref string, options []string) (api.TopResponse, error) {
	var top api.TopResponse
	r, err := e.find(ref)
	if err != nil {
		return top, err
	}
	status, err := e.status(r.ID)
	if err != nil {
		return top, err
	}
	if status.State != wire.Running {
		return top, fmt.Errorf("container %s is not running", r.Name)
	}
	c, err := container.Load(e.runtimeRoot(), r.ID)
	if err != nil {
		return top, err
	}
	pids, err := c.Processes()
	if err != nil {
		return top, err
	}
	if len(options) == 0 {
		options = []string{"-ef"}
	}
	out, err := exec.CommandContext(ctx, "ps", options...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return top, fmt.Errorf("ps %s: %s", strings.Join(options, " "), bytes.TrimSpace(failed.Stderr))
	}
	if err != nil {
		return top, fmt.Errorf("list processes: %w (top needs the program ps of the host: apt install procps)", err)
	}
	return chosen(string(out), pids)
}

// chosen keeps the lines of ps whose column PID is one of pids. The last column may hold spaces.
func chosen(output string, pids []int) (api.TopResponse, error) {
	lines := strings.Split(strings.TrimSpace(output), "\n")
	top := api.TopResponse{Titles: strings.Fields(lines[0])}
	column := slices.Index(top.Titles, "PID")
	if column < 0 {
		return top, errors.New("couldn't find PID field in ps output: choose columns with pid among them")
	}
	for _, line := range lines[1:] {
		fields := strings.Fields(line)
		if len(fields) <= column {
			continue
		}
		if pid, err := strconv.Atoi(fields[column]); err != nil || !slices.Contains(pids, pid) {
			continue
		}
		if last := len(top.Titles) - 1; len(fields) > last {
			fields = append(fields[:last:last], strings.Join(fields[last:], " "))
		}
		top.Processes = append(top.Processes, fields)
	}
	return top, nil
}
