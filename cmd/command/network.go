// This file is `glassbox network`: networks that containers are on, and what makes and removes them.
package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/explain"
	"glassbox/network"
)

func networkCommand() *cli.Command {
	return &cli.Command{
		Name: "network", Usage: "make, list and remove networks, and put containers on them",
		ArgsUsage: "COMMAND",
		UsageText: "glassbox network COMMAND\n\nglassbox network create mynet\nglassbox run -d --name c1 --network mynet box httpd -f",
		Subcommands: []*cli.Command{
			networkCreateCommand(), networkListCommand(), networkInspectCommand(), networkConnectCommand(), networkDisconnectCommand(),
			networkRemoveCommand(), networkPruneCommand(), networkExplainCommand(),
		},
	}
}

func networkCreateCommand() *cli.Command {
	return &cli.Command{
		Name: "create", Usage: "make a network and print its id", ArgsUsage: "NETWORK",
		UsageText: "glassbox network create [flags] NETWORK\n\nglassbox network create --subnet 10.45.0.0/16 --internal backend",
		Flags: append(storyFlags()[:4], // --explain, --step, --dry-run, --script
			&cli.StringFlag{Name: "driver", Aliases: []string{"d"}, Value: "bridge", Usage: "bridge, macvlan, ipvlan, overlay or cni"},
			flagList("subnet", "`NETWORK` the addresses, such as 10.45.0.0/16; one of IPv4, one of IPv6"),
			flagList("gateway", "`ADDRESS` the router's, on the subnet"),
			flagList("ip-range", "`NETWORK` the part of the subnet that containers get addresses of"),
			flagList("aux-address", "`NAME=ADDRESS` an address of the subnet that is somebody else's"),
			flagSwitch("internal", "no way out of the network, and none in"),
			flagSwitch("ipv6", "IPv6 addresses too"),
			flagList("opt", "`NAME=VALUE` of the driver: mtu, parent, peers, conflist, com.docker.network.bridge.name …", "o"),
			flagList("label", "`NAME=VALUE` a note on the network"),
			flagSwitch("attachable", "accepted: any container may be on any network"),
			flagText("scope", "local: there is no other"),
			flagText("ipam-driver", "default: there is no other"),
			flagSwitch("ipv4", "accepted: every network has IPv4 addresses"),
			flagList("ipam-opt", "refused: the addresses' keeper has no options"),
			flagSwitch("ingress", "refused: there is no swarm whose services could meet there"),
			flagSwitch("config-only", "refused: networks are not made of others"),
			flagText("config-from", "refused: networks are not made of others"),
		),
		Action: networkCreate,
	}
}

func networkCreate(c *cli.Context) error {
	if err := exactly(c, 1); err != nil {
		return err
	}
	request, err := networkRequest(c)
	if err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	return tellOrDo(c, func() ([]explain.Step, error) { return e.PlanNetwork(request) }, func(story explain.Listener) error {
		id, err := e.CreateNetwork(c.Context, request, story)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.App.Writer, id)
		return err
	})
}

func networkRequest(c *cli.Context) (engine.NetworkRequest, error) {
	r := engine.NetworkRequest{
		Name: c.Args().First(), Driver: c.String("driver"), Internal: c.Bool("internal"), IPv6: c.Bool("ipv6"), Attachable: c.Bool("attachable"),
		Subnets: separated(c.StringSlice("subnet")), Gateways: separated(c.StringSlice("gateway")), Ranges: separated(c.StringSlice("ip-range")),
	}
	err := refusedOf(c, map[string]string{
		"ipam-opt":    "the keeper of addresses has no options: --ip-range and --aux-address say which ones it gives away",
		"ingress":     "a swarm's services meet there, and there is no swarm: 'network create -d overlay --opt peers=…' connects hosts",
		"config-only": "networks are not made of others: give each its own flags",
		"config-from": "networks are not made of others: give each its own flags",
	})
	if err == nil && c.IsSet("ipv4") && !c.Bool("ipv4") {
		err = errors.New("--ipv4=false: every network has IPv4 addresses: let the containers use those of --ipv6")
	}
	if err != nil {
		return r, err
	}
	for name, only := range map[string]string{"scope": "local", "ipam-driver": "default"} {
		if value := c.String(name); value != "" && value != only {
			return r, fmt.Errorf("--%s %s: there is only %s", name, value, only)
		}
	}
	if r.Labels, err = pairs("label", c.StringSlice("label")); err != nil {
		return r, err
	}
	if r.Options, err = pairs("opt", c.StringSlice("opt")); err != nil {
		return r, err
	}
	r.Aux, err = pairs("aux-address", c.StringSlice("aux-address"))
	return r, err
}

// refusedOf says why a flag of Docker's is not to be had.
func refusedOf(c *cli.Context, remedies map[string]string) error {
	for name, remedy := range remedies {
		if c.IsSet(name) {
			return fmt.Errorf("--%s: %s", name, remedy)
		}
	}
	return nil
}

// separated takes lists with commas apart, as Docker does for these flags.
func separated(given []string) []string {
	var all []string
	for _, text := range given {
		all = append(all, strings.Split(text, ",")...)
	}
	return all
}

func networkRemoveCommand() *cli.Command {
	return &cli.Command{
		Name: "rm", Aliases: []string{"remove"}, Usage: "remove networks that no running container is on",
		ArgsUsage: "NETWORK…", UsageText: "glassbox network rm [flags] NETWORK…\n\nglassbox network rm mynet",
		Flags: append(storyFlags()[:2], flagSwitch("force", "one that is not there is no error", "f")),
		Action: forEach(func(c *cli.Context, e *engine.Engine, ref string) error {
			story, err := listenerFrom(c.Context, c)
			if err != nil {
				return err
			}
			return allowMissing(e.RemoveNetwork(c.Context, ref, story), c.Bool("force"))
		}),
	}
}

func networkConnectCommand() *cli.Command {
	return &cli.Command{
		Name: "connect", Usage: "put a container on one more network, running or not", ArgsUsage: "NETWORK CONTAINER",
		UsageText: "glassbox network connect [flags] NETWORK CONTAINER\n\nglassbox network connect --alias db net1 mycontainer",
		Flags: append(storyFlags()[:2],
			flagList("alias", "a further name on this network"),
			flagText("ip", "the container's IPv4 address there"),
			flagText("ip6", "the container's IPv6 address there"),
			flagText("mac-address", "the hardware address"),
			flagList("link", "refused: give the other container an --alias"),
			flagList("driver-opt", "refused: no driver has options for one container"),
		),
		Action: networkConnect,
	}
}

func networkConnect(c *cli.Context) error {
	err := exactly(c, 2)
	if err == nil {
		err = refusedOf(c, map[string]string{
			"link":       "containers of one network find each other by name: put the other one on it, with --alias if it is to have another name",
			"driver-opt": "no driver has options for one container: 'network create --opt' has those of networks",
		})
	}
	if err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	story, err := listenerFrom(c.Context, c)
	if err != nil {
		return err
	}
	return e.ConnectNetwork(c.Context, engine.Attachment{Network: c.Args().Get(0), Aliases: c.StringSlice("alias"), IP: c.String("ip"),
		IP6: c.String("ip6"), MAC: c.String("mac-address")}, c.Args().Get(1), story)
}

func networkDisconnectCommand() *cli.Command {
	return &cli.Command{
		Name: "disconnect", Usage: "take a container off a network", ArgsUsage: "NETWORK CONTAINER",
		UsageText: "glassbox network disconnect [flags] NETWORK CONTAINER\n\nglassbox network disconnect net1 mycontainer",
		Flags:     append(storyFlags()[:2], flagSwitch("force", "one that is not there is no error", "f")),
		Action: func(c *cli.Context) error {
			if err := exactly(c, 2); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			story, err := listenerFrom(c.Context, c)
			if err != nil {
				return err
			}
			return allowMissing(e.DisconnectNetwork(c.Context, c.Args().Get(0), c.Args().Get(1), story), c.Bool("force"))
		},
	}
}

// allowMissing is --force: what is not there need not be removed.
func allowMissing(err error, force bool) error {
	if force && (errors.As(err, new(*network.NotFound)) || errors.As(err, new(*engine.NotFound))) {
		return nil
	}
	return err
}
