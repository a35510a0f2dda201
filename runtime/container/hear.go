// This file listens to the stage, and keeps the story: the plan itself, and how long each op of it took.
package container

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel/quickjson"
	"glassbox/runtime/plan"
	"glassbox/runtime/stage"
)

// errStageGone is the end of the stream before the stage was ready.
var errStageGone = errors.New("the stage ended before the program could run: was it killed, or may its cgroup hold no more threads (pids.max)?")

// untilReady passes the stage's events on until it says that only execve is left. On the way there it may stop for hooks.
func untilReady(wire *stage.Conn, listener explain.Listener, hooks func() error) (stage.Ready, error) {
	for {
		msg, err := next(wire)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, unix.ECONNRESET): // the latter when it has not read all
			return stage.Ready{}, errStageGone
		case err != nil:
			return stage.Ready{}, err
		case msg.Ready != nil:
			return *msg.Ready, nil
		case msg.Furnished:
			if err := hooks(); err != nil {
				return stage.Ready{}, err
			}
			if wire.Send(explain.Go) != nil {
				return stage.Ready{}, errStageGone
			}
			continue
		}
		if err := hearOne(wire, listener, *msg.Event); err != nil {
			return stage.Ready{}, err
		}
	}
}

// untilExec waits for the end of the stream, which is good news: execve has closed the socket.
func untilExec(wire *stage.Conn, listener explain.Listener) error {
	var last explain.Event // announced, and done when the stream ends
	for {
		msg, err := next(wire)
		switch {
		case errors.Is(err, io.EOF):
			if last.Title != "" && !last.Done {
				last.Done = true
				listener.Hear(last)
			}
			return nil
		case err != nil:
			return err
		}
		last = *msg.Event
		if err := hearOne(wire, listener, last); err != nil {
			return err
		}
	}
}

// next receives a message; a failure comes as an error.
func next(wire *stage.Conn) (stage.Message, error) {
	var msg stage.Message
	if err := wire.Receive(&msg); err != nil {
		return msg, err
	}
	f := msg.Failure
	switch {
	case f == nil:
		return msg, nil
	case f.Text == "":
		return msg, explain.ErrQuit
	default:
		return msg, &ExecError{Text: f.Text, Code: f.Code}
	}
}

// hearOne answers an event that announces a step; one that is done wants no answer.
func hearOne(wire *stage.Conn, listener explain.Listener, e explain.Event) error {
	answer := listener.Hear(e)
	if e.Done {
		return nil
	}
	return wire.Send(answer)
}

// born is the content of born.json.
type born struct {
	Program string          `json:"program"`
	Env     []string        `json:"env"`
	Took    []time.Duration `json:"took"`
}

const bornFile = "born.json"

func (m *maker) keepStory(r stage.Ready) error {
	data, err := quickjson.Marshal(born{Program: r.Program, Env: r.Env, Took: slices.Concat(m.run.Took, r.Took)})
	if err != nil {
		return fmt.Errorf("keep the story: %w", err)
	}
	return os.WriteFile(filepath.Join(m.dir(), bornFile), data, 0o600)
}

// Story tells how the container was born.
func (c *Container) Story() ([]explain.Event, error) {
	data, err := os.ReadFile(filepath.Join(c.dir, bornFile))
	if err != nil {
		return nil, fmt.Errorf("read the story: %w", err)
	}
	var b born
	if err := json.Unmarshal(data, &b); err != nil {
		return nil, fmt.Errorf("read the story: %w", err)
	}
	told, spec, process := c.Plan, *c.Plan.Spec, *c.Plan.Spec.Process
	process.Env, spec.Process, told.Spec = b.Env, &process, &spec
	outside, inside := plan.Halves(told, c.Host, c.InitPID, b.Program)
	return explain.Story(append(outside, inside...), len(outside), b.Took), nil
}
