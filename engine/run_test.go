// These tests run containers to their ends: exit codes, output, input, what stays and what does not.
package engine

import (
	"errors"
	"strings"
	"testing"
)

func TestRunTellsTheExitCode(t *testing.T) {
	e := newEngine(t)
	for command, want := range map[string]int{"true": 0, "false": 1, "exit 42": 42, "kill -9 $$": 137, "kill -15 $$": 143} {
		r := quiet("sh", "-c", "sh -c '"+command+"'; exit $?")
		r.AutoRemove = true
		if out := mustRun(t, e, r, ""); out.ExitCode != want {
			t.Errorf("%s: exit code %d, want %d; it said %q", command, out.ExitCode, want, out.stderr)
		}
	}
}

func TestRunWhatCanNotRun(t *testing.T) {
	e := newEngine(t)
	for _, c := range []struct {
		command string
		want    int
	}{{"no-such-program", 127}, {"/etc/passwd", 126}, {"/no/such", 127}} {
		_, err := run(t, e, quiet(c.command), "")
		var coded interface{ ExitCode() int }
		if !errors.As(err, &coded) || coded.ExitCode() != c.want {
			t.Errorf("%s: want exit code %d, got the error %v", c.command, c.want, err)
		}
	}
	if list, err := e.List(t.Context(), ListRequest{All: true}); err != nil || len(list) != 0 {
		t.Errorf("containers are left: %v %v", list, err)
	}
}

func TestOutputIsCompleteAndInOrder(t *testing.T) {
	e := newEngine(t)
	const n = 100_000
	out := mustRun(t, e, quiet("seq", "1", "100000"), "")
	lines := strings.Split(strings.TrimSpace(out.stdout), "\n")
	if len(lines) != n || lines[0] != "1" || lines[n-1] != "100000" {
		t.Fatalf("%d lines, from %q to %q", len(lines), lines[0], lines[len(lines)-1])
	}
	var logged strings.Builder
	if err := e.Logs(t.Context(), out.ID, LogsRequest{Tail: -1, Stdout: &logged}); err != nil {
		t.Fatal(err)
	}
	if logged.String() != out.stdout {
		t.Errorf("the log differs from the output: %d bytes instead of %d", logged.Len(), len(out.stdout))
	}
}

func TestStreamsAreKeptApart(t *testing.T) {
	e := newEngine(t)
	out := mustRun(t, e, quiet("sh", "-c", "echo out; echo err >&2; printf end"), "")
	if out.stdout != "out\nend" || out.stderr != "err\n" {
		t.Errorf("stdout %q, stderr %q", out.stdout, out.stderr)
	}
}

func TestStdinReachesTheProgram(t *testing.T) {
	e := newEngine(t)
	text := strings.Repeat("all work and no play\n", 20_000)
	if out := mustRun(t, e, quiet("cat"), text); out.stdout != text {
		t.Errorf("cat gave %d bytes for %d", len(out.stdout), len(text))
	}
	if out := mustRun(t, e, quiet("cat"), ""); out.stdout != "" {
		t.Errorf("without -i the input is not empty: %q", out.stdout)
	}
}
