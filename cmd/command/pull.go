// This file is `glassbox pull`, and how run and create come to an image that is not in the store.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/sys/unix"

	"glassbox/engine"
	"glassbox/explain"
	"glassbox/storage"
	"glassbox/storage/registry"
)

func pullCommand() *cli.Command {
	return &cli.Command{
		Name: "pull", Usage: "fetch an image from a registry",
		ArgsUsage: "NAME[:TAG|@DIGEST]",
		UsageText: "glassbox pull [flags] NAME[:TAG|@DIGEST]\n\nglassbox pull alpine:3.20\nglassbox pull --explain 127.0.0.1:5000/app",
		Flags: append(registryFlags(),
			flagSwitch("all-tags", "every tag of the repository", "a"),
			flagSwitch("quiet", "the name alone", "q"),
			flagText("platform", "`OS/ARCHITECTURE` of an image for several, such as linux/arm64"),
			storyFlags()[0], storyFlags()[1], storyFlags()[2], // --explain, --step, --dry-run
		),
		Action: pull,
	}
}

func registryFlags() []cli.Flag {
	return []cli.Flag{flagList("insecure-registry", "`HOST[:PORT]` speak with this registry in plain HTTP, or whatever its certificate")}
}

// registries is how registries are spoken with.
func registries(c *cli.Context) (registry.Config, error) {
	config, err := registry.ReadConfig("/etc/glassbox", c.String("root"))
	config.Insecure = append(config.Insecure, c.StringSlice("insecure-registry")...)
	return config, err
}

func pull(c *cli.Context) error {
	if err := exactly(c, 1); err != nil {
		return err
	}
	ref, err := storage.ParseReference(c.Args().First())
	if err != nil {
		return err
	}
	if !c.Bool("all-tags") {
		return pullOne(c, ref)
	}
	tags, err := tagsOf(c, ref)
	if err != nil {
		return err
	}
	for _, tag := range tags {
		ref.Tag = tag
		if err := pullOne(c, ref); err != nil {
			return err
		}
	}
	return nil
}

func tagsOf(c *cli.Context, ref storage.Reference) ([]string, error) {
	r, err := pullRequest(c, ref)
	if err != nil {
		return nil, err
	}
	repository, err := r.Client.Open(c.Context, r.Registries, ref.Registry, ref.Repository, false)
	var tags []string
	if err == nil {
		tags, err = repository.Tags(c.Context)
	}
	if err != nil {
		return nil, fmt.Errorf("pull %s: %w", ref.Family(), err)
	}
	return tags, nil
}

func pullOne(c *cli.Context, ref storage.Reference) error {
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	r, err := pullRequest(c, ref)
	if err != nil {
		return err
	}
	return tellOrDo(c, func() ([]explain.Step, error) { return e.PullPlan(c.Context, r) }, func(story explain.Listener) error {
		r.Listener = story
		out := c.App.Writer
		if c.Bool("quiet") {
			out = io.Discard
		}
		if err := pullTold(c.Context, e, r, out); err != nil {
			return err
		}
		_, err = fmt.Fprintln(c.App.Writer, ref)
		return err
	})
}

func pullRequest(c *cli.Context, ref storage.Reference) (storage.PullRequest, error) {
	cargo, err := cargoOf(c)
	if err != nil {
		return storage.PullRequest{}, err
	}
	config, err := registries(c)
	return storage.PullRequest{Ref: ref, Platform: c.String("platform"), Registries: config, Client: cargo.Client}, err
}

// pullTold pulls and says so, in Docker's words. Ctrl-C ends it where the next pull can go on; a second one ends it at once.
func pullTold(ctx context.Context, e *engine.Engine, r storage.PullRequest, out io.Writer) error {
	ctx, stop := signal.NotifyContext(ctx, unix.SIGINT)
	defer stop()
	context.AfterFunc(ctx, stop)
	p := newProgress(out)
	r.Hear = p.hear
	pulled, err := e.Pull(ctx, r)
	p.end()
	if err != nil && ctx.Err() != nil {
		return coded{fmt.Errorf("pull %s: interrupted: what has come is kept in %s, and 'glassbox pull %[1]s' goes on from there; 'glassbox image prune' removes it",
			r.Ref, e.Root), 128 + int(unix.SIGINT)}
	}
	if err != nil {
		return err
	}
	status := "Image is up to date for "
	if pulled.New {
		status = "Downloaded newer image for "
	}
	name := r.Ref.Family() + ":" + r.Ref.Tag
	if r.Ref.Digest != "" {
		name = r.Ref.Family() + "@" + r.Ref.Digest
	}
	_, err = fmt.Fprintf(out, "Digest: %s\nStatus: %s%s\n", pulled.Digest, status, name)
	return err
}

// imageFlags are those of run and create about where the image comes from.
func imageFlags() []cli.Flag {
	return append(registryFlags(),
		&cli.StringFlag{Name: "pull", Value: "missing", Usage: "`WHEN` to pull the image: always, missing or never"},
		flagSwitch("quiet", "nothing of what is pulled is told", "q"),
		flagText("platform", "`OS/ARCHITECTURE` of an image for several, such as linux/arm64"))
}

// ensureImage pulls the image of a container that is to be made, where --pull says so.
func ensureImage(c *cli.Context, name string) error {
	when := c.String("pull")
	if when != "always" && when != "missing" && when != "never" {
		return usageError{fmt.Sprintf("--pull %q: there is always, missing and never", when), 125}
	}
	if platform := c.String("platform"); platform != "" && !strings.Contains(platform, "/") {
		return usageError{fmt.Sprintf("--platform %q: write OS/ARCHITECTURE, such as linux/arm64", platform), 125}
	}
	if when == "never" || c.Bool("script") {
		return nil
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	store, err := e.Store()
	if err != nil {
		return err
	}
	have, err := store.Image(name)
	missing := errors.As(err, new(*storage.UnknownImage)) || err == nil && !have.For(c.String("platform"))
	if err != nil && !missing || when == "missing" && !missing {
		return err
	}
	ref, err := storage.ParseReference(name)
	if err != nil || strings.HasPrefix(name, "sha256:") {
		return err
	}
	r, err := pullRequest(c, ref)
	if err != nil {
		return err
	}
	if c.Bool("quiet") {
		return pullTold(c.Context, e, r, io.Discard)
	}
	if missing {
		fmt.Fprintf(os.Stderr, "Unable to find image '%s' locally\n", storage.Familiar(name))
	}
	return pullTold(c.Context, e, r, os.Stderr)
}
