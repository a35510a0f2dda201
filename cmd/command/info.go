// This file is `glassbox info`: the engine and the machine it runs on.
package command

import (
	"fmt"
	"strings"

	"github.com/docker/go-units"
	"github.com/moby/moby/api/types/system"
	"github.com/urfave/cli/v2"
)

func infoCommand() *cli.Command {
	return &cli.Command{
		Name: "info", Usage: "tell about the engine and the machine",
		UsageText: "glassbox info [flags]\n\nglassbox info -f '{{.CgroupVersion}}'",
		Flags:     []cli.Flag{flagText("format", "`TEMPLATE` json or a Go template", "f")},
		Action:    showInfo,
	}
}

func showInfo(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	info, err := e.Info(c.Context)
	if err != nil {
		return err
	}
	if format := c.String("format"); format != "" {
		return printObject(c.App.Writer, format, info)
	}
	_, err = fmt.Fprint(c.App.Writer, infoText(info))
	return err
}

// infoText has Docker's lines, as far as there is something to say.
func infoText(i system.Info) string {
	var b strings.Builder
	for _, line := range []struct {
		name  string
		value any
	}{
		{"Containers", i.Containers}, {" Running", i.ContainersRunning}, {" Paused", i.ContainersPaused}, {" Stopped", i.ContainersStopped},
		{"Images", i.Images}, {"Server Version", i.ServerVersion}, {"Storage Driver", i.Driver}, {"Logging Driver", i.LoggingDriver},
		{"Cgroup Driver", i.CgroupDriver}, {"Cgroup Version", i.CgroupVersion},
		{"Plugins", ""}, {" Volume", strings.Join(i.Plugins.Volume, " ")}, {" Network", strings.Join(i.Plugins.Network, " ")}, {" Log", strings.Join(i.Plugins.Log, " ")},
		{"Default Runtime", i.DefaultRuntime}, {"Security Options", strings.Join(i.SecurityOptions, " ")},
		{"Kernel Version", i.KernelVersion}, {"Operating System", i.OperatingSystem}, {"OSType", i.OSType}, {"Architecture", i.Architecture},
		{"CPUs", i.NCPU}, {"Total Memory", units.BytesSize(float64(i.MemTotal))}, {"Name", i.Name}, {"Root Dir", i.DockerRootDir},
		{"Live Restore Enabled", i.LiveRestoreEnabled},
	} {
		fmt.Fprintf(&b, "%s: %v\n", line.name, line.value)
	}
	for _, w := range i.Warnings {
		fmt.Fprintf(&b, "WARNING: %s\n", w)
	}
	return b.String()
}
