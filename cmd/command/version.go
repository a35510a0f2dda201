// This file is `glassbox version`.
package command

import (
	"fmt"

	"github.com/moby/moby/api/types/system"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print the version", UsageText: "glassbox version [flags]\n\nglassbox version -f '{{.Server.Version}}'",
		Flags:  []cli.Flag{flagText("format", "`TEMPLATE` json or a Go template", "f")},
		Action: showVersion,
	}
}

// versions has the two halves that Docker's templates know; here they are one program.
type versions struct{ Client, Server *system.VersionResponse }

func showVersion(c *cli.Context) error {
	if err := exactly(c, 0); err != nil {
		return err
	}
	v, err := (&engine.Engine{Runtime: "glassbox-oci"}).Versions()
	if err != nil {
		return err
	}
	if format := c.String("format"); format != "" {
		return printObject(c.App.Writer, format, versions{Client: &v, Server: &v})
	}
	_, err = fmt.Fprintf(c.App.Writer, "glassbox %s, %s, %s/%s\n", v.Version, v.GoVersion, v.Os, v.Arch)
	return err
}
