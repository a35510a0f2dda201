// This file makes an image of a container: what its upper directory holds becomes a layer on the image that it was made from.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"glassbox/explain"
	"glassbox/runtime/container"
	"glassbox/runtime/plan"
	"glassbox/storage"
)

// CommitRequest says what the new image is like.
type CommitRequest struct {
	Name     string // empty: none
	Author   string
	Message  string
	Changes  []string // instructions of a Dockerfile: "CMD [\"sh\"]"
	NoPause  bool
	DryRun   bool // the listener hears of every step, and none is done
	Listener explain.Listener
}

// Commit makes an image and returns its id. The container is frozen meanwhile, so that no file is caught half written.
func (e *Engine) Commit(ctx context.Context, ref string, r CommitRequest) (string, error) {
	hear := r.Listener
	if r.DryRun {
		hear = nil // the mount is done all the same: packing is what is not
	}
	f, err := e.openFiles(ref, hear)
	if err != nil {
		return "", err
	}
	defer f.Close()
	draft, err := commitDraft(f, r)
	if err != nil {
		return "", err
	}
	id, err := e.commit(ctx, f, draft, r)
	if err := errors.Join(err, draft.Close()); err != nil || r.DryRun {
		return "", err
	}
	return id, e.emitContainer(f.Record, "commit", map[string]string{"comment": r.Message, "imageID": id, "imageRef": r.Name})
}

func (e *Engine) commit(ctx context.Context, f *Files, draft *storage.Draft, r CommitRequest) (string, error) {
	if err := ChangeConfig(&draft.Config.Config, r.Changes); err != nil {
		return "", err
	}
	latest, _, err := sourceDate()
	if err != nil {
		return "", err
	}
	steps := storage.CommitPlan(draft, f.Dirs.Upper, f.Root(), latest)
	pause, err := e.pauseStep(f, r.NoPause)
	if err != nil {
		return "", err
	}
	steps = append(pause, steps...)
	if r.DryRun {
		for _, step := range steps {
			r.Listener.Hear(explain.Telling(step, false))
		}
		return "", nil
	}
	runner := &explain.Runner{Listener: explain.All(r.Listener, quitWith(ctx))}
	err = runner.Run(steps...)
	if err := errors.Join(interrupted(ctx, err), runner.Rollback()); err != nil {
		return "", fmt.Errorf("commit container %s: %w", f.Record.Name, err)
	}
	return draft.ID.String(), nil
}

func commitDraft(f *Files, r CommitRequest) (*storage.Draft, error) {
	_, now, err := sourceDate()
	if err != nil {
		return nil, err
	}
	draft, err := f.Store.NewDraft(f.Image, r.Name)
	if err != nil {
		return nil, err
	}
	draft.Config.Author, draft.Config.Container = r.Author, ""
	draft.Config.Config = committedConfig(f)
	draft.History = v1.History{Created: v1.Time{Time: now}, Author: r.Author, Comment: r.Message, CreatedBy: strings.Join(f.Record.Args, " ")}
	return draft, nil
}

// committedConfig is the image's, with what the container was asked to be.
func committedConfig(f *Files) v1.Config {
	c, r := f.Image.Config.Config, f.Record.Request
	c.Env = mergedEnv(c.Env, r.Env)
	if r.Entrypoint != nil {
		c.Entrypoint, c.Cmd = r.Entrypoint, nil
	}
	if len(r.Command) > 0 {
		c.Cmd = r.Command
	}
	if r.WorkDir != "" {
		c.WorkingDir = r.WorkDir
	}
	if r.User != "" {
		c.User = r.User
	}
	if len(r.Labels) > 0 {
		labels := map[string]string{}
		for _, from := range []map[string]string{c.Labels, r.Labels} {
			for name, value := range from {
				labels[name] = value
			}
		}
		c.Labels = labels
	}
	return c
}

func mergedEnv(below, above []string) []string {
	list := append([]string{}, below...)
	for _, entry := range above {
		list = setEnv(list, entry)
	}
	return list
}

// setEnv replaces the variable of an entry "NAME=value", or adds it.
func setEnv(list []string, entry string) []string {
	name, _, _ := strings.Cut(entry, "=")
	for i, old := range list {
		if strings.HasPrefix(old, name+"=") {
			list[i] = entry
			return list
		}
	}
	return append(list, entry)
}

// pauseStep freezes a container that runs; the inverse thaws it.
func (e *Engine) pauseStep(f *Files, no bool) ([]explain.Step, error) {
	if f.PID == 0 || no {
		return nil, nil
	}
	status, err := e.status(f.Record.ID)
	if err != nil || status.Paused {
		return nil, err
	}
	c, err := container.Load(e.runtimeRoot(), f.Record.ID)
	if err != nil {
		return nil, err
	}
	return []explain.Step{explain.Say("Freeze the container", "a program that goes on writing would leave files half done in the image", "02", freeze{c, true})}, nil
}

// freeze is the op that stops all processes of a container, or lets them go on.
type freeze struct {
	c      *container.Container
	frozen bool
}

func (f freeze) Do() error {
	if f.frozen {
		return f.c.Pause()
	}
	return f.c.Resume()
}

func (f freeze) words(of func(explain.Op) string) string {
	var lines []string
	for _, step := range plan.Freeze(f.c.Plan, f.c.Host.Cgroups, f.frozen) {
		for _, op := range step.Ops {
			lines = append(lines, of(op))
		}
	}
	return strings.Join(lines, "\n")
}

func (f freeze) Call() string     { return f.words(explain.Op.Call) }
func (f freeze) Shell() string    { return f.words(explain.Op.Shell) }
func (f freeze) Undo() explain.Op { return freeze{f.c, !f.frozen} }

// sourceDate reads SOURCE_DATE_EPOCH: no file of an image is younger, and the image itself is as old. reproducible-builds.org.
// Without it, latest is zero and now is now.
func sourceDate() (latest, now time.Time, err error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		return time.Time{}, time.Now().UTC(), nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return latest, now, fmt.Errorf("SOURCE_DATE_EPOCH=%q is no number of seconds", text)
	}
	at := time.Unix(seconds, 0).UTC()
	return at, at, nil
}
