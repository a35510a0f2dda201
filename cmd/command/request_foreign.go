// This file holds the flags of docker run that mean nothing here. Each is known, so that its user learns why.
package command

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

// foreignFlag is a flag whose values are accepted without effect, or refused for a reason.
type foreignFlag struct {
	name, reason string
	accepted     []string
}

func foreigners() []foreignFlag {
	const windows = "it is for containers of Windows"
	return []foreignFlag{
		{"runtime", "there is one runtime, glassbox-oci", []string{"glassbox-oci"}},
		{"isolation", "on Linux there is one way, default", []string{"default"}},
		{"gpus", "the driver of a GPU comes with a hook of its maker, which is not used here: give its files with --device and -v", nil},
		{"storage-opt", "overlayfs limits no single container: put --root on a file system with quotas", nil},
		{"kernel-memory", "Linux has no such limit any more (since 5.16): --memory counts the kernel's part, too", nil},
		{"link-local-ip", "bridge networks give addresses of their subnets: see --ip and --ip6", nil},
		{"cpu-count", windows, nil},
		{"cpu-percent", windows, nil},
		{"io-maxbandwidth", windows, nil},
		{"io-maxiops", windows, nil},
	}
}

func foreignFlags() []cli.Flag {
	flags := []cli.Flag{
		&cli.BoolFlag{Name: "disable-content-trust", Value: true, Usage: "without effect: images are verified by digest, signatures are not read"},
		flagSwitch("use-api-socket", "refused: no daemon has a socket to show"),
	}
	for _, f := range foreigners() {
		about := "refused: " + f.reason
		if len(f.accepted) > 0 {
			about = f.reason
		}
		flags = append(flags, flagText(f.name, about))
	}
	return flags
}

func foreign(c *cli.Context, _ *engine.Request) error {
	if c.Bool("use-api-socket") {
		return fmt.Errorf("--use-api-socket: a container needs no daemon here, so there is no socket to show: leave it out")
	}
	for _, f := range foreigners() {
		if value := c.String(f.name); c.IsSet(f.name) && !slices.Contains(f.accepted, value) {
			return fmt.Errorf("--%s %s: %s", f.name, value, f.reason)
		}
	}
	return nil
}
