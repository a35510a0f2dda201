// This file is `glassbox trace-packet`: one packet is sent, and followed.
package command

import (
	"encoding/json"

	"github.com/urfave/cli/v2"
)

func tracePacketCommand() *cli.Command {
	return &cli.Command{
		Name: "trace-packet", Usage: "send one packet and report each hop that it really took",
		ArgsUsage: "FROM TO[:PORT[/udp]]",
		UsageText: "glassbox trace-packet [flags] FROM TO[:PORT[/udp]]\n\nglassbox trace-packet c2 c1\nglassbox trace-packet host :8080",
		Description: "FROM is a container, or host. TO is a container, an address, a name, or host; :8080 is a port of the host. Without a " +
			"port an echo request is sent, as ping does; with one, a TCP connection is opened, or with /udp a datagram is sent.\n\n" +
			"Devices, rules and connection tracking are the kernel's own report. What the kernel does not tell is said so.",
		Flags: []cli.Flag{flagSwitch("json", "for programs"), flagText("format", "json is the only one"),
			flagText("explain", "`FORMAT` tell every step on standard error: text or json")},
		Action: runTracePacket,
	}
}

func runTracePacket(c *cli.Context) error {
	if err := exactly(c, 2); err != nil {
		return err
	}
	asJSON := c.Bool("json") || c.String("format") == "json"
	if c.String("format") != "" && !asJSON {
		return usageError{"--format " + c.String("format") + ": there is json", 1}
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	l, err := listenerFrom(c.Context, c)
	if err != nil {
		return err
	}
	path, err := e.TracePacket(c.Context, c.Args().Get(0), c.Args().Get(1), l)
	if err != nil {
		return err
	}
	if !asJSON {
		return path.Write(c.App.Writer)
	}
	encoder := json.NewEncoder(c.App.Writer)
	encoder.SetIndent("", "    ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(path)
}
