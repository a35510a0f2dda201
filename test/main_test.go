// Package test drives the built programs as people do, on the real kernel, in a sandbox of namespaces.
//
// This file: the sandbox, and a place of its own for each test.
package test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
)

func TestMain(m *testing.M) {
	if isProbe() { // we are the program of a container: see probe_test.go
		os.Exit(probe(os.Args[1:]))
	}
	os.Exit(testkit.Sandbox(m))
}

// place is where one test's containers live.
type place struct {
	t           testing.TB
	glassbox    string
	oci         string
	root, state string
}

func newPlace(t testing.TB) place {
	t.Helper()
	testkit.Need(t, testkit.Root(), testkit.FileSystem("overlay"))
	dir := t.TempDir()
	p := place{t, testkit.Program(t, "glassbox"), testkit.Program(t, "glassbox-oci"), filepath.Join(dir, "root"), filepath.Join(dir, "state")}
	t.Cleanup(p.clear)
	return p
}

// clear ends what a test that failed has left running, so that the next one begins on clean ground.
func (p place) clear() {
	p.calm()
	if left := p.killAll(); left > 0 {
		p.t.Errorf("%d processes were left running", left)
	}
	if r := p.run("audit", "--fix"); r.code != 0 {
		p.t.Errorf("audit --fix: %s", r)
	}
}

// calm waits until nothing runs any more: a supervisor takes a moment to end.
func (p place) calm() {
	for begin := time.Now(); p.living() > 0 && time.Since(begin) < 2*time.Second; {
		time.Sleep(10 * time.Millisecond)
	}
}

// killAll kills every descendant of the test and collects those that have become its children. It returns how many lived.
func (p place) killAll() int {
	killed := 0
	for {
		pids, err := testkit.Descendants(os.Getpid())
		if err != nil {
			p.t.Fatal(err)
		}
		if len(pids) == 0 {
			return killed
		}
		for _, pid := range pids {
			if unix.Kill(pid, 0) == nil && !zombie(pid) {
				killed++
			}
			if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
				p.t.Fatal(err)
			}
		}
		for _, pid := range pids {
			// ECHILD: a grandchild, which becomes our child in the next round.
			if _, err := unix.Wait4(pid, nil, 0, nil); err != nil && !errors.Is(err, unix.ECHILD) {
				p.t.Fatal(err)
			}
		}
	}
}

// living counts the descendants that have not ended.
func (p place) living() (n int) {
	p.t.Helper()
	pids, err := testkit.Descendants(os.Getpid())
	if err != nil {
		p.t.Fatal(err)
	}
	for _, pid := range pids {
		if !zombie(pid) {
			n++
		}
	}
	return n
}

func zombie(pid int) bool {
	name, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	return err != nil || len(name) == 0
}

// result is how a command ended.
type result struct {
	command        []string
	stdout, stderr string
	code           int
}

func (r result) String() string {
	return "glassbox " + strings.Join(r.command, " ") + " = " + strconv.Itoa(r.code) + "\n" + r.stdout + r.stderr
}

// run runs a glassbox command to its end.
func (p place) run(args ...string) result {
	p.t.Helper()
	return p.finish(p.command(args...), args)
}

// must is run for commands that have to succeed.
func (p place) must(args ...string) string {
	p.t.Helper()
	r := p.run(args...)
	if r.code != 0 {
		p.t.Fatal(r)
	}
	return r.stdout
}

func (p place) command(args ...string) *exec.Cmd {
	return exec.Command(p.glassbox, append([]string{"--root", p.root, "--state", p.state}, args...)...)
}

func (p place) finish(cmd *exec.Cmd, args []string) result {
	p.t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		p.t.Fatalf("%s: %v", cmd, err)
	}
	return result{args, stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// picture is the kernel's state, with the cgroups of these containers and the files of this place.
func (p place) picture(ids ...string) testkit.State {
	p.t.Helper()
	return testkit.Snapshot(p.t, testkit.Watch{Cgroups: ids, Dirs: []string{p.state, filepath.Join(p.root, "containers"), filepath.Join(p.root, "names")}})
}

// settled waits until the cables of containers that have ended are gone, and takes a picture.
func (p place) settled() testkit.State {
	p.t.Helper()
	for range 100 {
		now := p.picture()
		if !strings.Contains(strings.Join(now["link"], "\n"), "veth") {
			return now
		}
		time.Sleep(20 * time.Millisecond)
	}
	p.t.Fatal("the virtual cable of a container that has ended does not go away")
	return nil
}

// changes compares with a picture taken before. The kernel takes its time to end a network namespace, and with it the links in
// it, so a difference counts only if it stays.
func (p place) changes(before testkit.State, ids ...string) string {
	p.t.Helper()
	diff := ""
	for range 100 {
		if diff = testkit.Diff(before, p.picture(ids...)); diff == "" {
			return ""
		}
		time.Sleep(20 * time.Millisecond)
	}
	return diff
}

// ids are those of the containers that there are now.
func (p place) ids() []string {
	p.t.Helper()
	dirs, err := filepath.Glob(filepath.Join(p.root, "containers", "*"))
	if err != nil {
		p.t.Fatal(err)
	}
	for i := range dirs {
		dirs[i] = filepath.Base(dirs[i])
	}
	return dirs
}

// id finds the ids of containers in what a command has printed.
var id = regexp.MustCompile(`\b[0-9a-f]{64}\b`)
