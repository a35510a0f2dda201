// This file is `glassbox top` and port: two short looks at a running container.
package command

import (
	"cmp"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/moby/moby/api/types/network"
	"github.com/urfave/cli/v2"
)

func topCommand() *cli.Command {
	return &cli.Command{
		Name: "top", Usage: "list the processes of a container, as ps does with these arguments",
		ArgsUsage: "CONTAINER [ARG…]",
		UsageText: "glassbox top CONTAINER [ARG…]\n\nglassbox top web -o pid,ppid,comm",
		Action: func(c *cli.Context) error {
			if err := atLeast(c, 1); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			top, err := e.Top(c.Context, c.Args().First(), c.Args().Tail())
			if err != nil {
				return err
			}
			w := tabwriter.NewWriter(c.App.Writer, 20, 1, 3, ' ', 0)
			defer w.Flush()
			for _, line := range append([][]string{top.Titles}, top.Processes...) {
				fmt.Fprintln(w, strings.Join(line, "\t"))
			}
			return nil
		},
	}
}

func portCommand() *cli.Command {
	return &cli.Command{
		Name: "port", Usage: "tell which ports of the host lead into a container",
		ArgsUsage: "CONTAINER [PORT[/PROTOCOL]]",
		UsageText: "glassbox port CONTAINER [PORT[/PROTOCOL]]\n\nglassbox port web 80",
		Action:    showPorts,
	}
}

func showPorts(c *cli.Context) error {
	if err := atLeast(c, 1); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	details, err := e.Inspect(c.Context, c.Args().First())
	if err != nil {
		return err
	}
	wanted := c.Args().Get(1)
	if wanted != "" && !strings.Contains(wanted, "/") {
		wanted += "/tcp"
	}
	found := false
	ports := details.NetworkSettings.Ports
	for _, inside := range slices.SortedFunc(maps.Keys(ports), func(a, b network.Port) int { return cmp.Compare(a.Num(), b.Num()) }) {
		for _, b := range ports[inside] {
			address := net.JoinHostPort(b.HostIP.String(), b.HostPort)
			switch wanted {
			case "":
				fmt.Fprintf(c.App.Writer, "%s -> %s\n", inside, address)
			case inside.String():
				fmt.Fprintln(c.App.Writer, address)
				found = true
			}
		}
	}
	if wanted != "" && !found {
		return fmt.Errorf("no public port '%s' published for %s", wanted, c.Args().First())
	}
	return nil
}
