// This file is `glassbox push`.
package command

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/explain"
	"glassbox/storage"
)

func pushCommand() *cli.Command {
	return &cli.Command{
		Name: "push", Usage: "copy an image to a registry",
		ArgsUsage: "NAME[:TAG]",
		UsageText: "glassbox push [flags] NAME[:TAG]\n\nglassbox push 127.0.0.1:5000/tools/box:1.0",
		Flags: append(registryFlags(),
			flagSwitch("all-tags", "every tag of the repository", "a"),
			flagSwitch("quiet", "the name alone", "q"),
			storyFlags()[0], storyFlags()[1], storyFlags()[2], // --explain, --step, --dry-run
		),
		Action: push,
	}
}

func push(c *cli.Context) error {
	if err := exactly(c, 1); err != nil {
		return err
	}
	ref, err := storage.ParseReference(c.Args().First())
	if err != nil {
		return err
	}
	if ref.Tag == "" {
		return fmt.Errorf("push %s: a digest is no name under which the registry could keep it: glassbox tag gives it one", ref)
	}
	if !c.Bool("all-tags") {
		return pushOne(c, ref)
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	store, err := e.Store()
	if err != nil {
		return err
	}
	list, err := store.Images()
	if err != nil {
		return err
	}
	for _, img := range list {
		if img.Family != ref.Family() || img.Name == "" {
			continue
		}
		_, ref.Tag = splitName(img.Name)
		if err := pushOne(c, ref); err != nil {
			return err
		}
	}
	return nil
}

func pushOne(c *cli.Context, ref storage.Reference) error {
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	cargo, err := cargoOf(c)
	if err != nil {
		return err
	}
	config, err := registries(c)
	if err != nil {
		return err
	}
	r := storage.PushRequest{Ref: ref, Registries: config, Client: cargo.Client}
	return tellOrDo(c, func() ([]explain.Step, error) { return e.PushPlan(c.Context, r) }, func(story explain.Listener) error {
		r.Listener = story
		return pushTold(c, e, r)
	})
}

// pushTold pushes and says so, in Docker's words.
func pushTold(c *cli.Context, e *engine.Engine, r storage.PushRequest) error {
	out := c.App.Writer
	if c.Bool("quiet") {
		out = io.Discard
	}
	p := newProgress(out)
	r.Hear = p.hear
	digest, size, err := e.Push(c.Context, r)
	p.end()
	if err != nil {
		return err
	}
	if c.Bool("quiet") {
		_, err = fmt.Fprintln(c.App.Writer, r.Ref)
		return err
	}
	_, err = fmt.Fprintf(c.App.Writer, "%s: digest: %s size: %d\n", r.Ref.Tag, digest, size)
	return err
}
