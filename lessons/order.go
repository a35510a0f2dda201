// This file has a session's shell run commands: each is handed over in a file, and ends with the mark that the shell prints.
package lessons

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// Run has the shell run a command, copies what it prints to w and returns its exit status.
func (s *Session) Run(ctx context.Context, command string, w io.Writer) (int, error) {
	return s.order(ctx, command, "3<&- 4<&- </dev/null", w)
}

// RunOnTerminal runs a command that talks to the terminal itself: glassbox run -it box sh.
func (s *Session) RunOnTerminal(ctx context.Context, command string) (int, error) {
	return s.order(ctx, command, "3<&- <&4 >&4 2>&4 4<&-", io.Discard)
}

func (s *Session) order(ctx context.Context, command, streams string, w io.Writer) (int, error) {
	file := s.places.commandFile()
	if err := os.WriteFile(file, []byte(command+"\n"), 0o600); err != nil {
		return 0, fmt.Errorf("hand a command to the lesson's shell: %w", err)
	}
	if _, err := fmt.Fprintf(s.commands, ". %s %s\n", file, streams); err != nil {
		return 0, errEnded
	}
	status, err := s.listen(ctx, w)
	if ctx.Err() != nil && !errors.Is(err, errEnded) {
		err = errors.Join(ctx.Err(), s.giveUp())
	}
	return status, err
}

// listen copies what the shell prints until the mark.
func (s *Session) listen(ctx context.Context, w io.Writer) (int, error) {
	for {
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-s.ended:
			return 0, errors.Join(errEnded, s.lastWords(w))
		case line := <-s.lines:
			if status, ok := strings.CutPrefix(line, "\x1e"); ok {
				return strconv.Atoi(strings.TrimSpace(status))
			}
			if _, err := io.WriteString(w, line); err != nil {
				return 0, err
			}
		}
	}
}

// lastWords copies what is left of what the shell printed.
func (s *Session) lastWords(w io.Writer) error {
	for {
		select {
		case line := <-s.lines:
			if _, err := io.WriteString(w, line); err != nil {
				return err
			}
		case <-time.After(20 * time.Millisecond):
			return nil
		}
	}
}

// giveUp ends the running command, by force if it must be, so that the shell can do the cleaning up.
func (s *Session) giveUp() error {
	for _, end := range []func() error{s.Interrupt, s.killRunning} {
		if err := end(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_, err := s.listen(ctx, io.Discard)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
	}
	return fmt.Errorf("the lesson's shell does not come back")
}

// killRunning kills what the shell waits for.
func (s *Session) killRunning() error {
	children, err := look.Children(s.PID())
	for _, pid := range children {
		err = errors.Join(err, unix.Kill(pid, unix.SIGKILL))
	}
	return err
}

// complete tells whether text is a whole command; the shell itself knows best. problem is what it says otherwise.
func (s *Session) complete(ctx context.Context, text string) (whole bool, problem string, err error) {
	if strings.HasSuffix(text, "\\") {
		return false, "", nil
	}
	file := filepath.Join(s.places.dir, "draft")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		return false, "", fmt.Errorf("hand a command to the lesson's shell: %w", err)
	}
	said, status, err := s.ask(ctx, "sh -n "+file+" 2>&1")
	return status == 0, strings.ReplaceAll(said, file+": ", ""), err
}

// ask runs a command and returns what it printed, by way of a file: programs in the background may print on the shell's own
// output at any time.
func (s *Session) ask(ctx context.Context, command string) (said string, status int, err error) {
	answer := filepath.Join(s.places.dir, "answer")
	status, err = s.Run(ctx, "{ "+command+"; } > "+answer, io.Discard)
	if err != nil {
		return "", 0, err
	}
	text, err := os.ReadFile(answer)
	if err != nil {
		return "", 0, fmt.Errorf("read the answer of the lesson's shell: %w", err)
	}
	return string(text), status, nil
}

// Values asks the shell for variables.
func (s *Session) Values(ctx context.Context, names []string) (map[string]string, error) {
	values := map[string]string{}
	for _, name := range names {
		if name == "$" {
			values[name] = strconv.Itoa(s.PID())
			continue
		}
		value, _, err := s.ask(ctx, `printf '%s' "$`+name+`"`)
		if err != nil {
			return nil, err
		}
		values[name] = value
	}
	return values, nil
}
