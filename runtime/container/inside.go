// This file lets a deputy carry out the half of a plan that is done inside, and says what has failed there.
package container

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/runtime/stage"
)

// inside is a deputy with the steps that are its.
type inside struct {
	kernel.Deputy
	run explain.Runner
}

// errand is a part of what it does.
type errand struct {
	*inside
	steps   []explain.Step
	further []kernel.Foretold // and what is no step
	orders  *kernel.Orders    // written down; nil: it is told op by op
	err     error
}

// prepare writes an errand down. If somebody listens, the deputy does one op after the other, each when it was told of; otherwise it
// does all at once, while we do something else.
func (d *inside) prepare(steps []explain.Step, further ...kernel.Foretold) *errand {
	e := &errand{inside: d, steps: steps, further: further}
	if d.run.Listener == nil {
		e.orders, e.err = d.Prepare(append(foretold(steps), further...)...)
	}
	return e
}

func (e *errand) begin() *errand {
	if e.orders != nil {
		e.err = e.Give(e.orders)
	}
	return e
}

// finish waits until the deputy is done with it.
func (e *errand) finish() error {
	switch {
	case e.err != nil:
		return e.err
	case e.orders != nil:
		return e.hear(e.steps, len(e.further))
	}
	if err := e.run.Run(e.atPace(e.steps)...); err != nil || len(e.further) == 0 {
		return err
	}
	if err := e.Tell(e.further...); err != nil {
		return err
	}
	return e.hear(nil, len(e.further))
}

// hear names the step that has failed.
func (d *inside) hear(steps []explain.Step, further int) error {
	took, err := d.Hear()
	d.run.Took = append(d.run.Took, took[:max(0, len(took)-further)]...)
	var failed *kernel.DeputyError
	if errors.As(err, &failed) {
		if step, ok := stepOf(steps, failed.Op); ok {
			return explain.Failed(step, err)
		}
	}
	return err
}

// atPace returns steps whose ops the deputy does one by one.
func (d *inside) atPace(steps []explain.Step) []explain.Step {
	paced := slices.Clone(steps)
	for i, s := range paced {
		paced[i].Ops = make([]explain.Op, len(s.Ops))
		for j, op := range s.Ops {
			paced[i].Ops[j] = kernel.Paced(op.(kernel.Foretold), &d.Deputy)
		}
	}
	return paced
}

func foretold(steps []explain.Step) (ops []kernel.Foretold) {
	for _, s := range steps {
		for _, op := range s.Ops {
			ops = append(ops, op.(kernel.Foretold))
		}
	}
	return ops
}

// stepOf is the one that the n-th op belongs to.
func stepOf(steps []explain.Step, n int) (explain.Step, bool) {
	for _, s := range steps {
		if n -= len(s.Ops); n < 0 {
			return s, true
		}
	}
	return explain.Step{}, false
}

// candidates are the places where the program may be: for a name without a slash those of PATH of its environment, as for execvp(3).
func candidates(p *specs.Process) []string {
	name := p.Args[0]
	if strings.Contains(name, "/") {
		return []string{name}
	}
	var paths []string
	for _, dir := range strings.Split(stage.LookEnv(p.Env, "PATH"), ":") {
		paths = append(paths, path.Join("/", dir, name))
	}
	return paths
}

// notFound says why no program of this name can be run. The codes are the shell's.
func notFound(failed *kernel.DeputyError, name string) error {
	say := func(code int, what string) error {
		return &ExecError{Text: fmt.Sprintf("exec: %q: %s", name, what), Code: code}
	}
	switch absent := errors.Is(failed, unix.ENOENT); {
	case errors.Is(failed, unix.EISDIR):
		return say(126, "is a directory")
	case errors.Is(failed, unix.EACCES), absent && slices.Contains(failed.Before, unix.EACCES):
		return say(126, "permission denied")
	case errors.Is(failed, unix.ENOTDIR):
		return say(126, "not a directory")
	case absent && strings.Contains(name, "/"):
		return say(127, "no such file or directory")
	case absent:
		return say(127, "executable file not found in $PATH")
	}
	return &ExecError{Text: failed.Error(), Code: 126}
}

// notRun says why there is no program: Docker's exit code for it is 127 where it was not found, 126 where it is not executable,
// and 125 for all else.
func notRun(err error) error {
	var failed *kernel.DeputyError
	var refused *kernel.Error
	switch {
	case !errors.As(err, &failed):
		return err
	case !errors.As(err, &refused) || !strings.HasPrefix(refused.Call, "execve"):
		return &ExecError{Text: err.Error(), Code: 125}
	case errors.Is(err, unix.ENOENT): // the file is there: its interpreter is not
		return &ExecError{Text: err.Error(), Code: 127}
	}
	return &ExecError{Text: err.Error(), Code: 126}
}
