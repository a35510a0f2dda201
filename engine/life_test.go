// These tests follow containers through their lives: signals, stopping, starting again, further programs, logs, terminals.
package engine

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// trap is a program that answers SIGUSR1, survives SIGTERM, and says when it is ready.
const trap = `trap 'echo usr1' USR1; trap 'echo term' TERM; echo ready; while :; do sleep 0.02; done`

// await reads the log until it holds text.
func awaitLog(t testing.TB, e *Engine, ref, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var seen bytes.Buffer
	found := writerFunc(func(p []byte) (int, error) {
		seen.Write(p)
		if strings.Contains(seen.String(), text) {
			cancel()
		}
		return len(p), nil
	})
	err := e.Logs(ctx, ref, LogsRequest{Follow: true, Tail: -1, Stdout: found, Stderr: found})
	if !strings.Contains(seen.String(), text) {
		t.Fatalf("the log never said %q but %q (%v)", text, seen.String(), err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestSignalsReachTheProgram(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, quiet("sh", "-c", trap))
	awaitLog(t, e, id, "ready")
	for _, name := range []string{"USR1", "SIGUSR1", "10"} {
		if err := e.Kill(t.Context(), id, name); err != nil {
			t.Fatal(err)
		}
	}
	awaitLog(t, e, id, "usr1")
	if err := e.Kill(t.Context(), id, "SIGNONE"); err == nil {
		t.Error("SIGNONE was sent")
	}
	if err := e.Kill(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	if code, err := e.Wait(t.Context(), id); code != 137 || err != nil {
		t.Errorf("exit code %d (%v), want 137", code, err)
	}
}

func TestStopIsPoliteAtFirst(t *testing.T) {
	e := newEngine(t)
	polite := start(t, e, quiet("sh", "-c", `trap 'exit 7' TERM; echo ready; while :; do sleep 0.02; done`))
	stubborn := start(t, e, quiet("sh", "-c", trap))
	for _, c := range []struct {
		id       string
		wait     int
		code     int
		min, max time.Duration
	}{{polite, 10, 7, 0, 2 * time.Second}, {stubborn, 1, 137, time.Second, 3 * time.Second}} {
		awaitLog(t, e, c.id, "ready")
		begin := time.Now()
		if err := e.Stop(t.Context(), c.id, &c.wait); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < c.min || took > c.max {
			t.Errorf("stopping took %v, want %v to %v", took, c.min, c.max)
		}
		d, err := e.Inspect(t.Context(), c.id)
		if err != nil || d.State.Status != "exited" || d.State.ExitCode != c.code {
			t.Errorf("state %+v (%v), want exit code %d", d.State, err, c.code)
		}
	}
}

func TestStartAgainKeepsTheFiles(t *testing.T) {
	e := newEngine(t)
	id, err := e.Create(t.Context(), quiet("sh", "-c", "ls /kept 2>/dev/null || echo first; touch /kept"), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"first\n", "/kept\n"} {
		var out bytes.Buffer
		result, err := e.Start(t.Context(), id, StartRequest{Attach: true, Streams: Streams{Stdout: &out}})
		if err != nil || result.ExitCode != 0 || out.String() != want {
			t.Fatalf("code %d, output %q (%v), want %q", result.ExitCode, out.String(), err, want)
		}
	}
}

func TestExec(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, quiet("sleep", "100"))
	var out, errs bytes.Buffer
	code, err := e.Exec(t.Context(), id, ExecRequest{
		Command: []string{"sh", "-c", "cat; echo $WHO; pwd; echo oops >&2; sleep 100 & exit 5"}, Env: []string{"WHO=me"}, WorkDir: "/tmp",
		Streams: Streams{Stdin: strings.NewReader("typed\n"), Stdout: &out, Stderr: &errs},
	})
	if err != nil || code != 5 || out.String() != "typed\nme\n/tmp\n" || errs.String() != "oops\n" {
		t.Errorf("code %d (%v), stdout %q, stderr %q", code, err, out.String(), errs.String())
	}
	_, err = e.Exec(t.Context(), id, ExecRequest{Command: []string{"no-such-program"}})
	var coded interface{ ExitCode() int }
	if !errors.As(err, &coded) || coded.ExitCode() != 127 {
		t.Errorf("no-such-program: %v, want exit code 127", err)
	}
	if err := e.Remove(t.Context(), id, false); err == nil {
		t.Error("a running container was removed without force")
	}
}

func TestTerminal(t *testing.T) {
	e := newEngine(t)
	r := quiet("sh", "-c", "tty; stty size; read line; echo got $line; exit 4")
	r.TTY, r.OpenStdin = true, true
	sizes := make(chan Size, 1)
	sizes <- Size{Rows: 33, Columns: 77}
	keys, typing := io.Pipe()
	var out bytes.Buffer
	typed := false
	screen := writerFunc(func(p []byte) (int, error) {
		out.Write(p)
		if strings.Contains(out.String(), "77") && !typed {
			typed = true
			go io.WriteString(typing, "hello\n")
		}
		return len(p), nil
	})
	result, err := e.Run(t.Context(), RunRequest{Request: r, Streams: Streams{Stdin: keys, Stdout: screen, Size: sizes}})
	if err != nil || result.ExitCode != 4 {
		t.Errorf("code %d (%v)", result.ExitCode, err)
	}
	if want := "/dev/pts/0\r\n33 77\r\nhello\r\ngot hello\r\n"; out.String() != want {
		t.Errorf("the screen shows %q, want %q", out.String(), want)
	}
}

func TestLogs(t *testing.T) {
	e := newEngine(t)
	long := strings.Repeat("x", 40_000)
	out := mustRun(t, e, quiet("sh", "-c", "echo 1; echo 2 >&2; echo "+long+"; printf end"), "")
	for _, c := range []struct {
		request LogsRequest
		want    string
	}{
		{LogsRequest{Tail: -1}, "1\n" + long + "\nend"},
		{LogsRequest{Tail: 1}, "end"},
		{LogsRequest{Tail: 0}, ""},
		{LogsRequest{Tail: -1, Follow: true}, "1\n" + long + "\nend"},
		{LogsRequest{Tail: -1, Since: time.Now().Add(time.Hour)}, ""},
	} {
		var got bytes.Buffer
		c.request.Stdout = &got
		if err := e.Logs(t.Context(), out.ID, c.request); err != nil || got.String() != c.want {
			t.Errorf("%+v: %d bytes, want %d (%v)", c.request, got.Len(), len(c.want), err)
		}
	}
}

func TestMemoryRunsOut(t *testing.T) {
	e := newEngine(t)
	r := quiet("sh", "-c", "tail /dev/zero")
	r.Limits.Memory = 16 << 20
	out := mustRun(t, e, r, "")
	d, err := e.Inspect(t.Context(), out.ID)
	if err != nil || !d.State.OOMKilled {
		t.Errorf("state %+v (%v), want OOMKilled", d.State, err)
	}
	// The control: killed by hand is not killed by the kernel.
	out = mustRun(t, e, quiet("sh", "-c", "sh -c 'kill -9 $$'; exit $?"), "")
	if d, err := e.Inspect(t.Context(), out.ID); err != nil || d.State.OOMKilled || d.State.ExitCode != 137 {
		t.Errorf("state %+v (%v), want 137 and not OOMKilled", d.State, err)
	}
}
