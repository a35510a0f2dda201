// This file is `glassbox version`.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

func versionCommand() *cli.Command {
	return &cli.Command{
		Name: "version", Usage: "print the version", UsageText: "glassbox version",
		Action: func(c *cli.Context) error {
			if err := exactly(c, 0); err != nil {
				return err
			}
			_, err := fmt.Fprintf(c.App.Writer, "glassbox %s, %s, %s/%s\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// version is what Go noted when it built the program.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "of the working tree"
	}
	return info.Main.Version
}
