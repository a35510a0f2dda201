// This file looks whether a program sleeps as exactly as whoever had it started: our own programs have another timer slack.
package test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/internal/testkit"
)

const slackFile = "/proc/self/timerslack_ns"

func TestTimerSlackIsTheCallers(t *testing.T) {
	p, c := newPlace(t), newCell(t)
	want, said := contents(t, slackFile), filepath.Join(t.TempDir(), "said")
	p.must("run", "-d", "--network", "none", "--name", "sleeper", "box", "sleep", "1000")
	c.spec.Hooks = &specs.Hooks{CreateRuntime: []specs.Hook{{Path: "/bin/sh", Args: []string{"sh", "-c", "cat " + slackFile + " > " + said}}}}
	defer p.must("rm", "-f", "sleeper")
	for starts, got := range map[string]string{
		"run":        p.must("run", "--rm", "--network", "none", "box", "cat", slackFile),
		"run --init": p.must("run", "--rm", "--network", "none", "--init", "box", "cat", slackFile),
		"exec":       p.must("exec", "sleeper", "cat", slackFile),
	} {
		if got != want {
			t.Errorf("%s: a slack of %q instead of %q", starts, got, want)
		}
	}
	if text := c.probe("read", slackFile); !strings.Contains(text, strings.TrimSpace(want)) {
		t.Errorf("glassbox-oci run: %s, not %s", text, want)
	}
	if got := contents(t, said); got != want {
		t.Errorf("a hook: a slack of %q instead of %q", got, want)
	}
}

// The control: a shim's is another one, and its monitor sleeps.
func TestTimerSlackIsSet(t *testing.T) {
	p := newPlace(t)
	p.must("run", "-d", "--network", "none", "--name", "sleeper", "box", "sleep", "1000")
	defer p.must("rm", "-f", "sleeper")
	var found []string
	pids, err := testkit.Descendants(os.Getpid()) // the shim, and the program
	must(t, err)
	for _, pid := range pids {
		threads, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		must(t, err)
		for _, thread := range threads {
			found = append(found, strings.TrimSpace(contents(t, "/proc/"+thread.Name()+"/timerslack_ns")))
		}
	}
	for _, want := range []string{"1", "2000000"} {
		if !slices.Contains(found, want) {
			t.Errorf("the threads' slacks are %v: no %s", found, want)
		}
	}
}
