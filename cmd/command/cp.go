// This file is `glassbox cp`.
package command

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/docker/go-units"
	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func cpCommand() *cli.Command {
	return &cli.Command{
		Name: "cp", Usage: "copy files between a container and the host",
		ArgsUsage: "CONTAINER:SRC DEST|- | SRC|- CONTAINER:DEST",
		UsageText: "glassbox cp [flags] CONTAINER:SRC DEST|-\nglassbox cp [flags] SRC|- CONTAINER:DEST\n\n" +
			"glassbox cp web:/etc/hosts .\nglassbox cp site/. web:/www\nglassbox cp web:/www - | tar -t",
		Description: "SRC a directory: DEST is made if it is not there, otherwise SRC is copied into it; \"SRC/.\" is what is in SRC.\n" +
			"SRC a file: DEST is its new name, or the directory that it goes to. \"-\" is an archive on standard input or output.",
		Flags: []cli.Flag{
			flagSwitch("archive", "keep user and group of every file", "a"),
			flagSwitch("follow-link", "copy what a link leads to, if SRC is one", "L"),
			flagSwitch("quiet", "do not say how much was copied", "q"),
		},
		Action: cp,
	}
}

func cp(c *cli.Context) error {
	if err := exactly(c, 2); err != nil {
		return err
	}
	from, to := c.Args().Get(0), c.Args().Get(1)
	source, sourcePath, out := containerPath(from)
	target, targetPath, in := containerPath(to)
	if in == out {
		return errors.New("copy between a container and the host: exactly one of SRC and DEST is CONTAINER:PATH")
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	if in && from == "-" && e.Codecs == nil {
		return errElsewhere
	}
	r := engine.CopyRequest{Archive: c.Bool("archive"), Follow: c.Bool("follow-link")}
	var n int64
	switch {
	case out && to == "-":
		return toStream(c, e, source, sourcePath, r)
	case out:
		n, err = e.CopyOut(c.Context, source, sourcePath, to, r)
	case from == "-":
		r.Stream = os.Stdin
		_, err = e.CopyIn(c.Context, "", target, targetPath, r)
		return err
	default:
		n, err = e.CopyIn(c.Context, from, target, targetPath, r)
	}
	if err == nil && !c.Bool("quiet") {
		fmt.Fprintf(os.Stderr, "Successfully copied %s to %s\n", units.HumanSizeWithPrecision(float64(n), 3), to)
	}
	return err
}

func toStream(c *cli.Context, e *engine.Engine, source, path string, r engine.CopyRequest) error {
	r.Into = os.Stdout
	_, err := e.CopyOut(c.Context, source, path, "", r)
	return err
}

// containerPath takes CONTAINER:PATH apart. A path of the host that has a colon in it begins with "/" or ".".
func containerPath(arg string) (container, path string, ok bool) {
	if strings.HasPrefix(arg, "/") || strings.HasPrefix(arg, ".") {
		return "", arg, false
	}
	return strings.Cut(arg, ":")
}
