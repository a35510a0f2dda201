// This file is `glassbox volume`: the directories that outlive containers.
package command

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/explain"
	"glassbox/storage/volume"
)

func volumeCommand() *cli.Command {
	return &cli.Command{
		Name: "volume", Usage: "make, list and remove volumes: data that outlives containers",
		ArgsUsage: "COMMAND",
		UsageText: "glassbox volume COMMAND\n\nglassbox volume create data\nglassbox run --rm -v data:/data box touch /data/kept",
		Subcommands: []*cli.Command{
			volumeCreateCommand(), volumeListCommand(), volumeInspectCommand(), volumeRemoveCommand(), volumePruneCommand(),
		},
	}
}

func volumeCreateCommand() *cli.Command {
	return &cli.Command{
		Name: "create", Usage: "make a volume and print its name", ArgsUsage: "[NAME]",
		UsageText: "glassbox volume create [flags] [NAME]\n\nglassbox volume create --opt type=tmpfs --opt device=tmpfs --opt o=size=64m scratch",
		Flags: append(storyFlags()[:4], // --explain, --step, --dry-run, --script
			&cli.StringFlag{Name: "driver", Aliases: []string{"d"}, Value: volume.Driver, Usage: "there is one"},
			flagList("label", "`NAME=VALUE` a note on the volume"),
			flagList("opt", "`NAME=VALUE` of the driver: type, device and o, as mount(8) has them", "o"),
			flagText("name", "the same as NAME"),
		),
		Action: volumeCreate,
	}
}

func volumeCreate(c *cli.Context) error {
	want, err := volumeFrom(c)
	if err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	return tellOrDo(c, func() ([]explain.Step, error) { return e.VolumePlan(want) }, func(story explain.Listener) error {
		name, err := e.VolumeCreate(c.Context, want, story)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.App.Writer, name)
		return err
	})
}

func volumeFrom(c *cli.Context) (volume.Volume, error) {
	want := volume.Volume{Name: c.String("name"), Driver: c.String("driver")}
	if c.NArg() > 1 || c.NArg() == 1 && want.Name != "" {
		return want, usageError{"volume create takes one name: " + usageLine(c), 1}
	}
	if c.NArg() == 1 {
		want.Name = c.Args().First()
	}
	var err error
	if want.Labels, err = pairs("label", c.StringSlice("label")); err == nil {
		want.Options, err = pairs("opt", c.StringSlice("opt"))
	}
	return want, err
}

// pairs reads NAME=VALUE; without the equals sign the value is empty.
func pairs(flag string, given []string) (map[string]string, error) {
	if len(given) == 0 {
		return nil, nil
	}
	all := map[string]string{}
	for _, text := range given {
		name, value, _ := strings.Cut(text, "=")
		if name == "" {
			return nil, usageError{fmt.Sprintf("--%s %q: write NAME=VALUE", flag, text), 125}
		}
		all[name] = value
	}
	return all, nil
}

func volumeRemoveCommand() *cli.Command {
	return &cli.Command{
		Name: "rm", Aliases: []string{"remove"}, Usage: "remove volumes that no container has",
		ArgsUsage: "VOLUME…", UsageText: "glassbox volume rm [flags] VOLUME…\n\nglassbox volume rm data",
		Flags: append(storyFlags()[:2], flagSwitch("force", "one that is not there is no error", "f")),
		Action: forEach(func(c *cli.Context, e *engine.Engine, name string) error {
			story, err := listenerFrom(c.Context, c)
			if err != nil {
				return err
			}
			return e.VolumeRemove(c.Context, name, c.Bool("force"), story)
		}),
	}
}
