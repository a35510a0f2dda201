// This file is `glassbox run`: a container from its first step to its program's last.
package command

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"glassbox/engine"
	"glassbox/engine/shim/wire"
	"glassbox/storage"
)

func runCommand() *cli.Command {
	return &cli.Command{
		Name:      "run",
		Usage:     "make a container and run a program in it",
		ArgsUsage: "IMAGE [COMMAND [ARG…]]",
		UsageText: "glassbox run [flags] IMAGE [COMMAND [ARG…]]\n\nglassbox run --rm -it --memory 64m box sh",
		Flags:     runFlags(),
		Action:    func(c *cli.Context) error { return withCode(run(c), 125) },
	}
}

// withCode gives an error Docker's exit code for "the engine could not", unless it says by itself why a program does not run:
// 127 there is none, 126 it can not be executed.
func withCode(err error, code int) error {
	var end exitCode
	var usage usageError
	var failure *wire.Failure
	switch {
	case err == nil, errors.As(err, &end), errors.As(err, &usage):
		return err
	case errors.As(err, &failure):
		return coded{err, failure.Code}
	}
	return coded{err, code}
}

func run(c *cli.Context) error {
	if err := atLeast(c, 1); err != nil {
		return err
	}
	request, err := requestFrom(c)
	if err != nil {
		return err
	}
	if c.Bool("dry-run") || c.Bool("script") {
		return tellPlan(c, request)
	}
	if !hopes(c) {
		if err := ensureImage(c, request.Image); err != nil {
			return err
		}
	}
	e, err := openAsRoot(c)
	if err != nil {
		return err
	}
	if err := checkWithout(c, e, request); err != nil {
		return err
	}
	s, err := newSession(wantsOf(c))
	if err != nil {
		return err
	}
	if c.Bool("sig-proxy") {
		s.kill = func(id, signal string) error { return e.Kill(context.Background(), id, signal) }
	}
	cidfile, err := claimCIDFile(c.String("cidfile"))
	if err != nil {
		return err
	}
	result, err := runSession(c, e, s, request)
	if hopes(c) && errors.As(err, new(*storage.UnknownImage)) {
		if err = ensureImage(c, request.Image); err == nil {
			result, err = runSession(c, e, s, request)
		}
	}
	if err != nil && !errors.As(err, new(exitCode)) {
		result.ID = "" // nothing of it stays
	}
	if err := errors.Join(err, cidfile.write(result.ID)); err != nil {
		return err
	}
	if c.Bool("detach") {
		fmt.Fprintln(c.App.Writer, result.ID)
	}
	return exitCode(result.ExitCode)
}

// hopes tells whether to look for the image only when the engine has not found it: most often it is there, and the engine looks anyway.
func hopes(c *cli.Context) bool {
	return c.String("pull") == "missing" && c.String("platform") == "" && !c.IsSet("without")
}

// runSession runs with the terminal and the signals connected, and disconnects them.
func runSession(c *cli.Context, e *engine.Engine, s *session, request engine.Request) (engine.Result, error) {
	ctx, end := s.begin(c.Context)
	story, err := listenerFrom(ctx, c)
	if err != nil {
		return engine.Result{}, end(err)
	}
	result, err := e.Run(ctx, engine.RunRequest{Request: request, Detach: c.Bool("detach"), Listener: story,
		Streams: s.streams, Ready: s.ready, Started: s.started})
	return result, end(err)
}

// cidFile is where --cidfile wants the id.
type cidFile struct{ file *os.File }

// claimCIDFile makes the file before anything else: one that is there belongs to another container.
func claimCIDFile(path string) (cidFile, error) {
	if path == "" {
		return cidFile{}, nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return cidFile{}, fmt.Errorf("--cidfile %s: it exists, so it may be another container's: remove it or name another", path)
	}
	if err != nil {
		return cidFile{}, fmt.Errorf("--cidfile: %w", err)
	}
	return cidFile{f}, nil
}

// write notes the id; the empty one takes the file away again.
func (c cidFile) write(id string) error {
	if c.file == nil {
		return nil
	}
	if id == "" {
		return errors.Join(c.file.Close(), os.Remove(c.file.Name()))
	}
	_, err := c.file.WriteString(id)
	return errors.Join(err, c.file.Close())
}
