// This file is `glassbox load`: the images of an archive.
package command

import (
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"glassbox/engine"
	"glassbox/explain"
	"glassbox/storage"
)

func loadCommand() *cli.Command {
	return &cli.Command{
		Name: "load", Usage: "read images from an archive, as save and docker save write it",
		UsageText: "glassbox load [flags]\n\nglassbox load -i box.tar\ncurl … | glassbox load",
		Description: "The archive is that of `docker save`, an OCI image layout (skopeo's oci-archive:), or both in one; plain, or packed\n" +
			"with gzip or zstd. Every digest is checked, and an image gets its name when its layers could be unpacked.",
		Flags: []cli.Flag{
			flagText("input", "`FILE` to read, in place of standard input", "i"),
			flagSwitch("quiet", "say nothing of what goes on, but for the names", "q"),
			storyFlags()[0],
		},
		Action: load,
	}
}

func load(c *cli.Context) error {
	if _, err := cargoOf(c); err != nil {
		return err
	}
	if err := exactly(c, 0); err != nil {
		return err
	}
	in, err := inputFrom(c.String("input"))
	if err != nil {
		return err
	}
	defer in.Close()
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	story, err := listenerFrom(c.Context, c)
	if err != nil {
		return err
	}
	images, err := loadWatched(c, e, in, story)
	for _, image := range images {
		if image.Name == "" {
			fmt.Fprintf(c.App.Writer, "Loaded image ID: %s\n", image.ID)
			continue
		}
		fmt.Fprintf(c.App.Writer, "Loaded image: %s\n", image.Name)
	}
	return err
}

// loadWatched shows on a terminal how far it is. It can not show layers: an archive may say at its end what its files are.
func loadWatched(c *cli.Context, e *engine.Engine, in *os.File, story explain.Listener) ([]storage.Loaded, error) {
	if !term.IsTerminal(int(os.Stdout.Fd())) || c.Bool("quiet") || c.String("explain") != "" {
		return e.Load(c.Context, in, story)
	}
	p := newProgress(c.App.Writer)
	defer p.end()
	w := &watched{Reader: in, progress: p}
	if info, err := in.Stat(); err == nil && info.Mode().IsRegular() {
		w.total = info.Size()
	}
	return e.Load(c.Context, w, story)
}

// inputFrom opens a file, or standard input, from which nobody types an archive.
func inputFrom(name string) (*os.File, error) {
	if name != "" && name != "-" {
		return os.Open(name)
	}
	if term.IsTerminal(int(os.Stdin.Fd())) {
		return nil, errors.New("standard input is a terminal: name an archive with -i, or send one in through a pipe")
	}
	return os.Stdin, nil
}
