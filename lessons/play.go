// This file goes through the parts of one lesson: what verify does without a person and walk with one.
package lessons

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// player is a lesson that is being played.
type player struct {
	lesson  Lesson
	session *Session
	paint   paint
	out     io.Writer
	printed string // by the last Run
}

// missing lists the programs that a lesson needs and this machine does not have.
func missing(l Lesson) []string {
	var names []string
	for _, name := range l.Needs {
		if _, err := exec.LookPath(name); err != nil {
			names = append(names, name)
		}
	}
	return names
}

// run runs a block command by command and stops at the first that fails.
func (p *player) run(ctx context.Context, part Part) error {
	commands, err := p.session.split(ctx, part.Lines)
	if err != nil {
		return err
	}
	var printed strings.Builder
	status, last := 0, ""
	for _, command := range commands {
		fmt.Fprintln(p.out, p.paint.command(command))
		if comment(command) {
			continue
		}
		last = command
		if status, err = p.session.Run(ctx, command, io.MultiWriter(p.out, &printed)); err != nil {
			return err
		}
		if status != 0 {
			break
		}
	}
	p.printed = printed.String()
	switch {
	case part.Fails && status == 0:
		return fmt.Errorf("line %d: the block is meant to fail, and it did not", part.Line)
	case !part.Fails && status != 0:
		return fmt.Errorf("line %d: %q ended with status %d", part.Line, last, status)
	}
	return nil
}

// output compares what the last block printed with what the lesson shows: its lines in this order, others may lie between;
// * stands for anything.
func (p *player) output(part Part) error {
	printed := strings.Split(p.printed, "\n")
	for i, want := range part.Lines {
		if strings.TrimSpace(want) == "" {
			continue
		}
		for {
			if len(printed) == 0 {
				return fmt.Errorf("line %d: the output lacks %q", part.Line+i, want)
			}
			got := printed[0]
			printed = printed[1:]
			if matches(want, got) {
				break
			}
		}
	}
	return nil
}

// matches compares two lines; blanks count as one.
func matches(want, got string) bool {
	return like(strings.Join(strings.Fields(want), " "), strings.Join(strings.Fields(got), " "))
}

// begin opens the session. What a lesson that was killed left behind is taken back first.
func begin(ctx context.Context, l Lesson, out io.Writer, terminal *os.File) (*player, error) {
	if names := missing(l); len(names) > 0 {
		return nil, fmt.Errorf("start lesson %s: %w: %s (make demo installs what is missing)", l.ID(), errMissing, strings.Join(names, ", "))
	}
	s, err := start(l, terminal)
	if err != nil {
		return nil, err
	}
	p := &player{lesson: l, session: s, out: out}
	if err := p.takeBack(ctx, io.Discard); err != nil {
		return nil, errors.Join(fmt.Errorf("start lesson %s: clean up first: %w", l.ID(), err), s.Close())
	}
	return p, nil
}

// errMissing tells a lesson that can not be played here from one that failed.
var errMissing = errors.New("not installed")

// end takes everything back and ends the session. It has time of its own: it is called also when everybody else's is over.
func (p *player) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	var said strings.Builder
	err := p.takeBack(ctx, &said)
	if errors.Is(err, errEnded) { // somebody typed exit: another shell takes back what this one made
		err = p.reopen()
		if err == nil {
			err = p.takeBack(ctx, &said)
		}
	}
	if err != nil {
		err = fmt.Errorf("clean up after lesson %s: %w\n%s", p.lesson.ID(), err, said.String())
	}
	return errors.Join(err, p.session.Close())
}

func (p *player) reopen() error {
	if err := p.session.Close(); err != nil {
		return err
	}
	s, err := start(p.lesson, nil)
	if err == nil {
		p.session = s
	}
	return err
}

// takeBack runs the lesson's cleanup. One command that fails does not stop the others.
func (p *player) takeBack(ctx context.Context, said io.Writer) error {
	commands, err := p.session.split(ctx, p.lesson.cleanup())
	if err != nil {
		return err
	}
	for _, command := range commands {
		if comment(command) {
			continue
		}
		status, runErr := p.session.Run(ctx, command, said)
		if runErr != nil {
			return errors.Join(err, runErr)
		}
		if status != 0 {
			err = errors.Join(err, fmt.Errorf("%q ended with status %d", command, status))
		}
	}
	return err
}
