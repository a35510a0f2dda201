// This file is `glassbox look`: what the kernel says about this machine, a process or a container. It changes nothing.
package command

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/kernel/look"
	"glassbox/kernel/look/devices"
	"glassbox/kernel/look/links"
	"glassbox/kernel/look/nft"
)

// eye is one thing to look at: read gives the answer and the way to print it as a table.
type eye struct {
	name, shows string
	read        func(pid int) (answer any, table func(io.Writer) error, err error)
}

func eyes() []eye {
	return []eye{
		{"namespaces", "which namespaces it is in, and which of them are the host's", seen(look.Namespaces, look.WriteNamespaces)},
		{"mounts", "its mounts, with propagation", seen(look.Mounts, look.WriteMounts)},
		{"overlay", "the layers of its root", seen(rootLayers, look.WriteLayers)},
		{"cgroups", "the cgroups it is in", seen(look.CgroupOf, look.WriteMemberships)},
		{"limits", "what its cgroups limit and count", seen(look.CgroupLimits, look.WriteLimits)},
		{"devices", "which devices its cgroups allow", seen(devices.Of, devices.Write)},
		{"pressure", "how long it had to wait for processors, memory, disks", seen(look.PressureOf, look.WritePressures)},
		{"process", "its user, capabilities, seccomp, limits", seen(look.ReadProcess, look.WriteProcess)},
		{"hostname", "the machine's name as it sees it", seen(look.Hostname, writeLine)},
		{"links", "its network devices and addresses", inNetwork(links.List, links.WriteLinks)},
		{"routes", "its routes", inNetwork(links.Routes, links.WriteRoutes)},
		{"neighbours", "whom its network knows by hardware address", inNetwork(links.Neighbours, links.WriteNeighbours)},
		{"ports", "the open ports of its network", seen(look.Listening, look.WriteSockets)},
		{"rules", "the nftables rules of its network", inNetwork(nft.Tables, nft.Write)},
		{"layout", "how cgroups are mounted on this machine", seen(hostLayout, look.WriteLayout)},
	}
}

func lookCommand() *cli.Command {
	var list strings.Builder
	for _, e := range eyes() {
		fmt.Fprintf(&list, "%-11s %s\n", e.name, e.shows)
	}
	return &cli.Command{
		Name: "look", Usage: "see what the kernel says of a container, a process or this machine",
		ArgsUsage:   "WHAT [CONTAINER|PID]",
		UsageText:   "glassbox look [flags] WHAT [CONTAINER|PID]\n\nglassbox look namespaces web",
		Description: "Without a container or process it is this command itself, which is as isolated as your shell. WHAT is one of\n\n" + list.String(),
		Flags: []cli.Flag{flagSwitch("json", "for programs"),
			&cli.StringFlag{Name: "wait", Usage: "of pressure: wait until it is that high, as 'some 150000 1000000' (µs of waiting in a window of µs)"},
			&cli.DurationFlag{Name: "timeout", Usage: "with --wait: for this long at most"}},
		Action: runLook,
	}
}

func runLook(c *cli.Context) error {
	if c.NArg() < 1 || c.NArg() > 2 {
		return usageError{"look needs 1 or 2 arguments: " + usageLine(c) + " ('glassbox look --help' lists what there is to see)", 1}
	}
	e, err := findEye(c.Args().First())
	if err != nil {
		return err
	}
	pid := os.Getpid()
	if c.NArg() == 2 {
		if pid, err = pidOf(c, c.Args().Get(1)); err != nil {
			return err
		}
	}
	answer, table, err := e.read(pid)
	if err != nil {
		return err
	}
	if c.IsSet("wait") {
		return awaitPressure(c, answer)
	}
	if c.Bool("json") {
		encoder := json.NewEncoder(c.App.Writer)
		encoder.SetIndent("", "    ")
		encoder.SetEscapeHTML(false)
		return encoder.Encode(answer)
	}
	return table(c.App.Writer)
}

func findEye(name string) (eye, error) {
	var names []string
	for _, e := range eyes() {
		if e.name == name || e.name == name+"s" {
			return e, nil
		}
		names = append(names, e.name)
	}
	return eye{}, usageError{fmt.Sprintf("look %s: no such thing to see%s (there is %s)",
		name, didYouMean("", name, names), strings.Join(names, ", ")), 1}
}

// pidOf takes a number for a process if there is such a one: the beginning of an id may happen to have no letters.
func pidOf(c *cli.Context, ref string) (int, error) {
	pid, notNumber := strconv.Atoi(ref)
	if notNumber == nil {
		if _, err := os.Stat("/proc/" + ref); err == nil {
			return pid, nil
		}
	}
	e, err := openAsRoot(c)
	if err != nil {
		return 0, err
	}
	details, err := e.Inspect(c.Context, ref)
	if err != nil && notNumber == nil {
		return 0, fmt.Errorf("no process and no container is called %s ('glassbox ps' lists containers)", ref)
	}
	if err != nil {
		return 0, err
	}
	if details.State.Pid == 0 {
		return 0, fmt.Errorf("look at %s: it is not running: glassbox start %s", ref, ref)
	}
	return details.State.Pid, nil
}

func seen[T any](read func(pid int) (T, error), write func(io.Writer, T) error) func(int) (any, func(io.Writer) error, error) {
	return func(pid int) (any, func(io.Writer) error, error) {
		answer, err := read(pid)
		return answer, func(w io.Writer) error { return write(w, answer) }, err
	}
}

func inNetwork[T any](read func(namespace string) (T, error), write func(io.Writer, T) error) func(int) (any, func(io.Writer) error, error) {
	return seen(func(pid int) (T, error) { return read(look.NamespacePath(pid, "net")) }, write)
}

func hostLayout(int) (look.Layout, error) { return look.HostLayout() }

func rootLayers(pid int) (look.Layers, error) {
	m, err := look.MountAt(pid, "/")
	if err != nil {
		return look.Layers{}, err
	}
	layers, ok := look.Overlay(m)
	if !ok {
		return layers, fmt.Errorf("look at the layers of process %d: its root is a %s file system, not an overlay", pid, m.FSType)
	}
	return layers, nil
}

func writeLine(w io.Writer, text string) error {
	_, err := fmt.Fprintln(w, text)
	return err
}
