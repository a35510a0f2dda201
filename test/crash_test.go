// This file kills everything in the middle: after each step of a run, and at each step with a request that fails. What comes
// after must find the machine as it was before.
package test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"

	"glassbox/internal/testkit"
)

// told are the arguments of the run that is disturbed: bridge, overlay, limits, everything.
func told(more ...string) []string {
	return append(append([]string{"run", "--rm", "--memory", "64m", "--pids-limit", "64"}, more...), "box", "true")
}

// For every step k: SIGKILL all processes while step k+1 is waiting, then audit --fix.
func TestKilledAfterEachStep(t *testing.T) {
	p, before := warm(t)
	steps := p.stepping(1 << 20).finish() // to the end, to count
	for k := range steps {
		s := p.stepping(k)
		ids := p.ids()
		p.killAll()
		s.finish()
		if r := p.run("audit", "--fix"); r.code != 0 {
			t.Fatalf("after a crash at step %d (%s): %s", k+1, s.title, r)
		}
		if diff := p.changes(before, ids...); diff != "" {
			t.Fatalf("a crash at step %d (%s) has left behind:\n%s", k+1, s.title, diff)
		}
	}
	if steps < 20 {
		t.Errorf("a run has only %d steps?", steps)
	}
	t.Logf("%d crashes", steps)
}

// For every step k: let it fail with EPERM. The run must take everything back by itself and say what failed.
func TestFailureAtEachStep(t *testing.T) {
	p, before := warm(t)
	steps := p.stepping(1 << 20).finish()
	for k := range steps {
		s := p.stepping(k)
		ids := p.ids()
		s.answer("f\n")
		s.rest = "\n" // whoever hides a failure is caught below: nobody may ask for another step
		s.finish()
		if s.cmd.ProcessState.ExitCode() != 125 && s.cmd.ProcessState.ExitCode() != 126 {
			t.Errorf("step %d (%s) failed, and the exit code is %d:\n%s", k+1, s.title, s.cmd.ProcessState.ExitCode(), s.end())
		}
		if diff := p.changes(before, ids...); diff != "" {
			t.Fatalf("a failure at step %d (%s) has left behind:\n%s\n…%s", k+1, s.title, diff, s.end())
		}
	}
}

// warm runs once, so that what is shared by all containers (bridge, table, image) is there, and takes the picture.
func warm(t *testing.T) (place, testkit.State) {
	t.Helper()
	p := newPlace(t)
	p.must(told()...)
	return p, p.settled()
}

// stepper is a run with --step on a terminal of its own.
type stepper struct {
	t        *testing.T
	cmd      *exec.Cmd
	terminal *os.File
	in       *bufio.Reader
	all      string // what was printed
	title    string // of the step that waits
	steps    int
	rest     string // the answer from now on
}

// stepping lets k steps of a run be done and stops before the next one, or at the end.
func (p place) stepping(k int, more ...string) *stepper {
	p.t.Helper()
	return p.steppingThrough(k, told(append(more, "--step")...)...)
}

// steppingThrough does so with any command that has --step.
func (p place) steppingThrough(k int, command ...string) *stepper {
	t := p.t.(*testing.T)
	t.Helper()
	s := &stepper{t: t, cmd: p.command(command...), rest: "\n"}
	s.cmd.Env = append(os.Environ(), "NO_COLOR=1")
	terminal, err := pty.Start(s.cmd)
	if err != nil {
		t.Fatal(err)
	}
	s.terminal, s.in = terminal, bufio.NewReader(terminal)
	for range k {
		if !s.untilPrompt() {
			return s
		}
		s.answer(s.rest)
	}
	s.untilPrompt()
	return s
}

func (s *stepper) answer(text string) {
	if _, err := s.terminal.WriteString(text); err != nil {
		s.t.Logf("answer: %v", err) // the program has ended meanwhile
	}
}

// untilPrompt reads up to the next question; false at the end of the output (a terminal's is EIO).
func (s *stepper) untilPrompt() bool {
	if err := s.terminal.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	for {
		b, err := s.in.ReadByte()
		if errors.Is(err, os.ErrDeadlineExceeded) {
			s.t.Fatalf("neither a question nor an end:\n…%s", s.end())
		}
		if err != nil {
			return false
		}
		s.all += string(b)
		if strings.HasSuffix(s.all, question) {
			s.steps++
			s.title = s.lastTitle()
			return true
		}
	}
}

// lastTitle is the title of the step that was announced last: "  7  Name the machine".
func (s *stepper) lastTitle() string {
	title := ""
	for line := range strings.Lines(s.all) {
		if strings.HasPrefix(line, " ") && len(line) > 5 && line[2] >= '0' && line[2] <= '9' {
			title = strings.TrimSpace(line[3:])
		}
	}
	return title
}

// end is what was printed last.
func (s *stepper) end() string { return s.all[max(0, len(s.all)-600):] }

// finish goes on to the end and returns how many steps there were.
func (s *stepper) finish() int {
	for s.untilPrompt() {
		s.answer(s.rest)
	}
	if err := s.terminal.Close(); err != nil {
		s.t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		s.t.Logf("%s: %v", s.title, err)
	}
	return s.steps
}
