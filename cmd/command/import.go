// This file is `glassbox import`: an image of one layer from the archive of a file system.
package command

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
)

func importCommand() *cli.Command {
	return &cli.Command{
		Name: "import", Usage: "make an image from the archive of a file system",
		ArgsUsage: "FILE|URL|- [NAME[:TAG]]",
		UsageText: "glassbox import [flags] FILE|URL|- [NAME[:TAG]]\n\nglassbox export web | glassbox import -c 'CMD [\"sh\"]' - web:flat",
		Flags: []cli.Flag{
			flagList("change", "`INSTRUCTION` of a Dockerfile that changes the config: CMD, ENV, …", "c"),
			flagText("message", "`TEXT` for the history", "m"),
			storyFlags()[0],
		},
		Action: importImage,
	}
}

func importImage(c *cli.Context) error {
	cargo, err := cargoOf(c)
	if err != nil {
		return err
	}
	e, story, err := imageMaker(c)
	if err != nil {
		return err
	}
	source := c.Args().First()
	in, err := importSource(cargo, source)
	if err != nil {
		return err
	}
	defer in.Close()
	message := c.String("message")
	if message == "" {
		message = "Imported from " + source
	}
	id, err := e.Import(c.Context, in, engine.ImportRequest{
		Name: c.Args().Get(1), Message: message, Changes: c.StringSlice("change"), Listener: story,
	})
	if err == nil {
		fmt.Fprintln(c.App.Writer, id)
	}
	return err
}

func importSource(cargo *Cargo, name string) (io.ReadCloser, error) {
	if !strings.HasPrefix(name, "http://") && !strings.HasPrefix(name, "https://") {
		return inputFrom(name)
	}
	body, err := cargo.Fetch(name)
	if err != nil {
		return nil, fmt.Errorf("fetch the archive: %w", err)
	}
	fmt.Fprintln(os.Stderr, "Downloading from", name)
	return body, nil
}
