// These tests change containers that run: their name, their limits, whether they move at all; and look at them.
package engine

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/api/types/events"
	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/internal/testkit"
)

// heard are the events of one container so far.
func heard(t testing.TB, e *Engine, id string) []string {
	t.Helper()
	var list []string
	err := e.Events(t.Context(), EventsRequest{Since: time.Unix(1, 0), Until: time.Now()}, func(m events.Message) error {
		if m.Actor.ID == id {
			list = append(list, string(m.Action))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestEventsOfALife(t *testing.T) {
	e := newEngine(t)
	r := quiet("sleep", "1000")
	r.Labels = map[string]string{"team": "a"}
	id := start(t, e, r)
	steps := []func() error{
		func() error { return e.Pause(t.Context(), id) },
		func() error { return e.Unpause(t.Context(), id) },
		func() error { return e.Rename(t.Context(), id, "other") },
		func() error {
			_, err := e.Exec(t.Context(), id, ExecRequest{Command: []string{"true"}})
			return err
		},
		func() error { return e.Stop(t.Context(), "other", StopRequest{Signal: "KILL"}) },
		func() error { return e.Remove(t.Context(), "other", RemoveRequest{}) },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatalf("step %d: %v", i, err)
		}
	}
	want := []string{"create", "start", "pause", "unpause", "rename", "exec_create: true", "exec_start: true", "exec_die", "kill", "die", "stop", "destroy"}
	got := heard(t, e, id)
	slices.Sort(got) // the shim and the command write at the same time
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("heard %q, want %q", got, want)
	}
}

func TestEventsTellOfATerminalsSize(t *testing.T) {
	e := newEngine(t)
	r := quiet("sleep", "1000")
	r.TTY = true
	id := start(t, e, r)
	if slices.Contains(heard(t, e, id), "resize") {
		t.Error("a size that nobody has set is told")
	}
	ctx, cancel := context.WithCancel(t.Context())
	sizes, left := make(chan Size, 1), make(chan bool)
	sizes <- Size{Rows: 24, Columns: 80}
	go func() {
		_, _ = e.Attach(ctx, id, Streams{Size: sizes}) // ends with the context
		close(left)
	}()
	for range 200 {
		if slices.Contains(heard(t, e, id), "resize") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	<-left
	if got := heard(t, e, id); !slices.Contains(got, "resize") {
		t.Errorf("heard %q", got)
	}
}

func TestEventsAreFollowed(t *testing.T) {
	e := newEngine(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	over := errors.New("over")
	ready, done := make(chan bool, 1), make(chan error, 1)
	var die events.Message
	go func() {
		ready <- true
		done <- e.Events(ctx, EventsRequest{Pass: func(m events.Message) bool { return m.Action == "die" }}, func(m events.Message) error {
			die = m
			return over
		})
	}()
	<-ready
	time.Sleep(20 * time.Millisecond)
	r := quiet("sh", "-c", "exit 4")
	r.Labels = map[string]string{"team": "a"}
	start(t, e, r)
	if err := <-done; !errors.Is(err, over) {
		t.Fatal(err)
	}
	if a := die.Actor.Attributes; a["exitCode"] != "4" || a["team"] != "a" || a["image"] != "box" || die.Time == 0 {
		t.Errorf("heard %+v", die)
	}
}

func TestPauseStopsTime(t *testing.T) {
	testkit.Need(t, testkit.Root())
	e := newEngine(t)
	id := start(t, e, quiet("sh", "-c", "while :; do echo x; sleep 0.01; done"))
	awaitLog(t, e, id, "x")
	if err := e.Pause(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	size := func() int64 {
		info, err := os.Stat(e.logFile(id))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	time.Sleep(50 * time.Millisecond) // what was in the pipe
	before := size()
	time.Sleep(100 * time.Millisecond)
	if size() != before {
		t.Error("a paused program writes on")
	}
	d, err := e.Inspect(t.Context(), id)
	if err != nil || !d.State.Paused || d.State.Status != "paused" || !d.State.Running {
		t.Errorf("state %+v (%v)", d.State, err)
	}
	if _, err := e.Exec(t.Context(), id, ExecRequest{Command: []string{"true"}}); err == nil || !strings.Contains(err.Error(), "paused") {
		t.Errorf("exec in a paused container: %v", err)
	}
	if err := e.Pause(t.Context(), id); err == nil {
		t.Error("it was paused twice")
	}
	if err := e.Stop(t.Context(), id, StopRequest{Wait: new(int)}); err != nil { // who is frozen can be ended
		t.Fatal(err)
	}
}

func TestRename(t *testing.T) {
	e := newEngine(t)
	one, two := quiet("true"), quiet("true")
	one.Name, two.Name = "one", "two"
	for _, r := range []Request{one, two} {
		if _, err := e.Create(t.Context(), r, nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.Rename(t.Context(), "one", "two"); !errors.As(err, new(*NameTaken)) {
		t.Errorf("the name of another container: %v", err)
	}
	if err := e.Rename(t.Context(), "one", "three"); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Inspect(t.Context(), "one"); !errors.As(err, new(*NotFound)) {
		t.Errorf("the old name: %v", err)
	}
	if d, err := e.Inspect(t.Context(), "three"); err != nil || d.Name != "/three" {
		t.Errorf("the new name: %v", err)
	}
}

func TestUpdate(t *testing.T) {
	e := newEngine(t)
	r := quiet("sleep", "1000")
	r.Limits.Memory = 64 << 20
	id := start(t, e, r)
	always := wire.Restart{Name: "always"}
	if err := e.Update(t.Context(), id, UpdateRequest{Limits: Limits{Memory: 100 << 20, NanoCPUs: 500_000_000}, Restart: &always}); err != nil {
		t.Fatal(err)
	}
	s, err := e.Stats(t.Context(), id)
	if err != nil || s.MemoryStats.Limit != 100<<20 {
		t.Errorf("memory limit %d (%v)", s.MemoryStats.Limit, err)
	}
	err = e.Update(t.Context(), id, UpdateRequest{Limits: Limits{Memory: 200 << 20}})
	if err == nil || !strings.Contains(err.Error(), "update the memoryswap at the same time") {
		t.Errorf("more memory than memory and swap together: %v", err)
	}
	before, err := e.status(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(before.PID, unix.SIGKILL); err != nil { // nobody's command: the new policy brings it back
		t.Fatal(err)
	}
	eventually(t, e, id, func(d *Details) bool { return d.RestartCount == 1 && d.State.Pid != 0 })
	if s, err := e.Stats(t.Context(), id); err != nil || s.MemoryStats.Limit != 100<<20 {
		t.Errorf("the limit of the next life: %d (%v)", s.MemoryStats.Limit, err)
	}
}

func TestTop(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, quiet("sleep", "1000"))
	top, err := e.Top(t.Context(), id, []string{"-eo", "pid,args"})
	if err != nil || len(top.Processes) != 1 || top.Processes[0][1] != "sleep 1000" {
		t.Errorf("top %+v (%v)", top, err)
	}
	if _, err := e.Top(t.Context(), id, []string{"-eo", "args"}); err == nil {
		t.Error("without pids, top knows whose processes they are")
	}
}

// The signals that end a program are told apart, and the want of memory from all of them.
func TestHowItEnded(t *testing.T) {
	e := newEngine(t)
	for signal, want := range map[string]int{"KILL": 137, "SEGV": 139, "TERM": 143} {
		r := quiet("sh", "-c", "echo ready; exec sleep 1000")
		r.Init = true // PID 1 itself ignores what it has no handler for
		id := start(t, e, r)
		awaitLog(t, e, id, "ready")
		if err := e.Kill(t.Context(), id, signal); err != nil {
			t.Fatal(err)
		}
		if code, err := e.Wait(t.Context(), id, ""); err != nil || code != want {
			t.Errorf("SIG%s: exit code %d (%v), want %d", signal, code, err, want)
		}
		if d := eventually(t, e, id, ended); d.State.OOMKilled {
			t.Errorf("SIG%s is not the want of memory", signal)
		}
	}
	r := quiet("tail", "/dev/zero")
	r.Limits.Memory, r.Limits.MemorySwap = 16<<20, 16<<20
	out := mustRun(t, e, r, "")
	if d := eventually(t, e, out.ID, ended); out.ExitCode != 137 || !d.State.OOMKilled {
		t.Errorf("without memory: exit code %d, state %+v", out.ExitCode, d.State)
	}
	if !slices.Contains(heard(t, e, out.ID), "oom") {
		t.Error("no event tells of the want of memory")
	}
}

func TestWaitConditions(t *testing.T) {
	e := newEngine(t)
	r := quiet("sh", "-c", "sleep 0.3; exit 5")
	r.AutoRemove = true
	id := start(t, e, r)
	next := make(chan error, 1)
	go func() {
		code, err := e.Wait(t.Context(), id, UntilNextExit)
		if err == nil && code != 5 {
			err = errors.New("a wrong exit code")
		}
		next <- err
	}()
	code, err := e.Wait(t.Context(), id, UntilRemoved)
	if err := errors.Join(err, <-next); err != nil || code != 5 {
		t.Fatalf("exit code %d: %v", code, err)
	}
	if _, err := e.Inspect(t.Context(), id); !errors.As(err, new(*NotFound)) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := e.Wait(t.Context(), id, "sometime"); err == nil {
		t.Error("there is no such condition")
	}
}
