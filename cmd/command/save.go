// This file is `glassbox save`: images as an archive that Docker, Podman, skopeo and containerd read.
package command

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/google/renameio/v2"
	"github.com/urfave/cli/v2"
	"golang.org/x/term"
)

func saveCommand() *cli.Command {
	return &cli.Command{
		Name: "save", Usage: "write images, layers and history and all, into an archive",
		ArgsUsage: "IMAGE…",
		UsageText: "glassbox save [flags] IMAGE…\n\nglassbox save -o box.tar box\nglassbox save box | gzip > box.tar.gz",
		Flags:     []cli.Flag{flagText("output", "`FILE` to write, in place of standard output", "o")},
		Action: func(c *cli.Context) error {
			if err := atLeast(c, 1); err != nil {
				return err
			}
			e, err := openAsRoot(c)
			if err != nil {
				return err
			}
			return writeOutput(c, func(w io.Writer) error { return e.Save(c.Context, c.Args().Slice(), w) })
		},
	}
}

// writeOutput gives -o's file, which appears when it is complete, or standard output, which must not be a terminal.
func writeOutput(c *cli.Context, write func(io.Writer) error) error {
	name := c.String("output")
	if name == "" {
		if term.IsTerminal(int(os.Stdout.Fd())) {
			return errors.New("an archive is not for a terminal: write it into a file with -o, or into a pipe")
		}
		return write(os.Stdout)
	}
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	f, err := renameio.NewPendingFile(name, renameio.WithPermissions(0o600))
	if err != nil {
		return fmt.Errorf("-o: %w", err)
	}
	defer f.Cleanup()
	if err := write(f); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}
