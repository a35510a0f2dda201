// These tests follow containers through their lives: signals, stopping, starting again, further programs, logs, terminals.
package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"glassbox/engine/shim/wire"
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

// Nothing is made before the caller can be told to give up.
func TestRunWaitsForItsCaller(t *testing.T) {
	e, ready, done := newEngine(t), make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := e.Run(context.Background(), RunRequest{Request: quiet("true"), Ready: ready})
		done <- err
	}()
	time.Sleep(100 * time.Millisecond)
	if made, err := os.ReadDir(e.dir("")); len(made) > 0 {
		t.Errorf("made %v, %v", made, err)
	}
	close(ready)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

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
	if code, err := e.Wait(t.Context(), id, ""); code != 137 || err != nil {
		t.Errorf("exit code %d (%v), want 137", code, err)
	}
}

// A program that ends between the polite signal and SIGKILL has ended: that nobody is left to be killed is no error.
func TestStopMeetsTheEnd(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, quiet("sh", "-c", `trap 'exit 7' TERM; echo ready; while :; do sleep 0.001; done`))
	for range 10 {
		if err := e.Restart(t.Context(), id, StopRequest{Wait: new(0)}); err != nil {
			t.Fatal(err)
		}
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
		if err := e.Stop(t.Context(), c.id, StopRequest{Wait: &c.wait}); err != nil {
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

// A machine that loses its power loses STATE, all mounts and all processes.
func TestPowerIsLost(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, quiet("sleep", "100"))
	never, err := e.Create(t.Context(), quiet("true"), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Kill(t.Context(), id, "KILL"); err != nil {
		t.Fatal(err)
	}
	if err := e.Release(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(e.dir(id, wire.StatusFile)); err != nil { // it would have ended later
		t.Fatal(err)
	}
	for id, want := range map[string]wire.Status{id: {State: wire.Ended, ExitCode: lostCode}, never: {State: wire.Created}} {
		if s, err := e.status(id); err != nil || s.State != want.State || s.ExitCode != want.ExitCode {
			t.Errorf("status %+v (%v), want %+v", s, err, want)
		}
	}
	if _, err := e.Start(t.Context(), id, StartRequest{}); err != nil {
		t.Errorf("it can not be started again: %v", err)
	}
}

func TestAttach(t *testing.T) {
	e := newEngine(t)
	r := quiet("sh", "-c", "read line; echo got $line; exit 6")
	r.OpenStdin = true
	id := start(t, e, r)
	var out bytes.Buffer
	code, err := e.Attach(t.Context(), id, Streams{Stdin: strings.NewReader("typed\n"), Stdout: &out})
	if err != nil || code != 6 || out.String() != "got typed\n" {
		t.Errorf("code %d (%v), output %q", code, err, out.String())
	}
}

// A person who stops the terminal (^S) stops the output, but can not keep others from ending the container.
func TestStopWithAStalledClient(t *testing.T) {
	e := newEngine(t)
	listen, received := make(chan struct{}), 0
	deaf := writerFunc(func(p []byte) (int, error) {
		<-listen
		received += len(p)
		return len(p), nil
	})
	r := quiet("yes")
	r.Name = "stalled"
	ended := make(chan error, 1)
	go func() {
		result, err := e.Run(t.Context(), RunRequest{Request: r, Streams: Streams{Stdout: deaf}})
		if err == nil && result.ExitCode != 137 {
			err = fmt.Errorf("exit code %d", result.ExitCode)
		}
		ended <- err
	}()
	until(t, "it runs", func() bool {
		list, err := e.List(t.Context(), ListRequest{})
		return err == nil && len(list) == 1
	})
	awaitLog(t, e, "stalled", "y\ny\n")
	begin := time.Now()
	wait := 1 // yes is PID 1 and has no handler for SIGTERM, so the kernel drops it
	if err := e.Stop(t.Context(), "stalled", StopRequest{Wait: &wait}); err != nil || time.Since(begin) > 4*time.Second {
		t.Errorf("stopping took %v (%v)", time.Since(begin), err)
	}
	close(listen)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	var logged bytes.Buffer
	if err := e.Logs(t.Context(), "stalled", LogsRequest{Tail: -1, Stdout: &logged}); err != nil || logged.Len() != received {
		t.Errorf("the client heard %d bytes of %d (%v)", received, logged.Len(), err)
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
	if err := e.Remove(t.Context(), id, RemoveRequest{}); err == nil {
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
