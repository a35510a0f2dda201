// These tests let a run fail, and be killed, after every single step. Afterwards mounts, cgroups, links, rules, addresses,
// processes and directories must be as they were before.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/internal/testkit"
)

// publishing is a container with everything that can be left behind.
func publishing() Request {
	return Request{Image: "box", Command: []string{"sleep", "100"}, Name: "victim", AutoRemove: true,
		Limits: Limits{Memory: 64 << 20, Pids: 50}, Network: Network{Ports: []Port{{Host: 8080, Container: 80}}}}
}

// dieAfter is a listener that kills this process after the step of that number; with who "both", the shim first.
func (e *Engine) dieAfter(step, who string) (explain.Listener, error) {
	last, err := strconv.Atoi(step)
	done := 0
	return explain.ListenerFunc(func(event explain.Event) explain.Answer {
		if event.Done {
			done++
		}
		if event.Done && done == last {
			if who == "both" {
				killShims(e.State)
			}
			unix.Kill(os.Getpid(), unix.SIGKILL)
		}
		return explain.Go
	}), err
}

func killShims(state string) {
	for _, s := range ourShims(state) {
		unix.Kill(s, unix.SIGKILL)
	}
}

func ourShims(state string) []int {
	shims, err := shimProcesses()
	if err != nil {
		return nil
	}
	var pids []int
	for _, s := range shims {
		if s.state == state {
			pids = append(pids, s.pid)
		}
	}
	return pids
}

// steady prepares what every run leaves on purpose (the image, the bridge), and counts the steps of one.
func steady(t *testing.T, e *Engine) (steps int) {
	t.Helper()
	r := publishing()
	r.Command = []string{"true"}
	for range 2 {
		var story explain.Record
		if _, err := e.Run(t.Context(), RunRequest{Request: r, Listener: &story}); err != nil {
			t.Fatal(err)
		}
		steps = len(story.Story)
	}
	until(t, "the kernel has deleted the cables", func() bool {
		links := testkit.Snapshot(t, testkit.Watch{})["link"]
		return !slices.ContainsFunc(links, func(l string) bool { return strings.HasPrefix(l, "gb") })
	})
	return steps
}

// watch looks at the cgroups of these containers alone: other tests have theirs at the same time.
func (e *Engine) watch(ids ...string) testkit.Watch {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == "" }) // it failed before it had one
	return testkit.Watch{Cgroups: ids, Dirs: []string{e.Root, e.State}}
}

func TestFailAnywhere(t *testing.T) {
	e := newEngine(t)
	steps := steady(t, e)
	before := testkit.Snapshot(t, e.watch())
	for step := range steps {
		heard := 0
		failing := explain.ListenerFunc(func(event explain.Event) explain.Answer {
			if event.Done {
				return explain.Go
			}
			if heard++; heard == step+1 {
				return explain.Fail
			}
			return explain.Go
		})
		result, err := e.Run(t.Context(), RunRequest{Request: publishing(), Detach: true, Listener: failing})
		if err == nil {
			t.Errorf("step %d failed and nobody was told", step+1)
		}
		settled(t, e, before, fmt.Sprintf("step %d was refused: %v", step+1, err), result.ID)
	}
}

func TestKillAnywhere(t *testing.T) {
	e := newEngine(t)
	steps := steady(t, e)
	before, found := testkit.Snapshot(t, e.watch()), 0
	for _, who := range []string{"engine", "both"} {
		for step := 1; step <= steps; step++ {
			ids := dieIn(t, e, step, who)
			if who == "engine" && step == steps { // the container lives on then, as it should
				if err := e.Remove(t.Context(), "victim", RemoveRequest{Force: true}); err != nil {
					t.Error(err)
				}
			}
			until(t, "the shim has given up", func() bool { return len(ourShims(e.State)) == 0 && !anyAlive(e, ids) })
			leaks, err := e.Audit(t.Context(), true)
			if err != nil {
				t.Errorf("step %d, %s: audit --fix: %v", step, who, err)
			}
			found += len(leaks)
			settled(t, e, before, fmt.Sprintf("%s killed after step %d", who, step), ids...)
		}
	}
	if found < steps { // the control: without audit much would be left
		t.Errorf("audit found %d leaks in all: this test proves nothing", found)
	}
}

// dieIn lets a process run a container and be killed after a step, and returns the ids that it leaves.
func dieIn(t *testing.T, e *Engine, step int, who string) []string {
	t.Helper()
	victim := exec.CommandContext(context.Background(), e.Self[0], append(e.Self[1:], "die", e.Runtime, strconv.Itoa(step), who)...)
	err := victim.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("step %d, %s: it was not killed: %v", step, who, err)
	}
	ids, err := e.ids()
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// anyAlive asks for the lock too: a process loses its title a moment before it lets go of its files.
func anyAlive(e *Engine, ids []string) bool {
	return slices.ContainsFunc(ids, func(id string) bool { return wire.Alive(e.live(id)) })
}

// settled compares the state with the one before. The kernel deletes network namespaces in its own time, and a process that
// was killed takes a moment to end.
func settled(t *testing.T, e *Engine, before testkit.State, what string, ids ...string) {
	t.Helper()
	diff := ""
	for range 100 {
		collectOrphans()
		if diff = testkit.Diff(before, testkit.Snapshot(t, e.watch(ids...))); diff == "" {
			return
		}
	}
	t.Fatalf("%s: left behind:\n%s", what, diff)
}

// collectOrphans waits for those that the test program has inherited, as init does on a machine.
func collectOrphans() {
	for {
		if pid, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); pid <= 0 || err != nil {
			return
		}
	}
}
