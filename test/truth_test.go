//go:build linux && amd64

// This file holds that the story is true: a tracer watches a run, and each request that changed something must have been told,
// and each that was told must have been made.
package test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/internal/trace"
	"glassbox/internal/truth"
)

func TestStoryIsTrue(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
	}{
		{"bridge", []string{"--memory", "64m", "--cpus", "0.5", "--pids-limit", "64"}},
		{"host network", []string{"--network", "host"}},
		{"read-only", []string{"--network", "none", "--read-only", "--tmpfs", "/scratch"}},
		{"volumes of all kinds", []string{"--network", "none", "-v", "named:/named", "-v", "/scratch", "--mount", "type=image,src=box,dst=/image",
			"--mount", "src=mem,dst=/mem,volume-opt=type=tmpfs,volume-opt=device=tmpfs", "--mount", "src=named,dst=/part,volume-subpath=."}},
		{"user", []string{"--network", "none", "--user", "1000:1000", "--cap-drop", "ALL", "--ulimit", "nofile=64:64"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPlace(t)
			p.must("volume", "create", "another")                     // their directory is there: it is made for the first
			p.must("run", "--rm", "--network", "none", "box", "true") // the image is unpacked: its files are told as one
			told, seen := p.watched(p.command(append(append([]string{"run", "--rm", "--explain=json"}, c.args...), "box", "true")...).Args)
			judge(t, told, seen, p.excuse)
		})
	}
}

// The OCI runtime by itself, with the configuration that it proposes.
func TestRuntimesStoryIsTrue(t *testing.T) {
	testkit.Need(t, testkit.Root())
	p := place{t: t, oci: testkit.Program(t, "glassbox-oci"), state: t.TempDir()}
	b := newBundle(t)
	told, seen := p.watched([]string{p.oci, "--root", filepath.Join(p.state, "runtime"), "run", "--explain=json", "--bundle", b, "watched"})
	judge(t, told, seen, p.excuse)
}

// judge compares, and then does it again with each op in turn left untold: every one of them must be missed.
func judge(t *testing.T, told []truth.Told, seen []trace.Call, excuse truth.Excuse) {
	t.Helper()
	v := truth.Compare(told, seen, excuse)
	for _, call := range v.Untold {
		t.Errorf("done and not told: %s", call)
	}
	for _, call := range v.Unseen {
		t.Errorf("told and not done: %s", call)
	}
	for i := range told {
		if missed, idle := truth.Missed(i, told, seen, excuse); !missed && !idle {
			t.Errorf("nobody would miss it if %q did not tell %s", told[i].Title, told[i].Calls)
		}
	}
	if t.Failed() {
		for _, call := range seen {
			t.Log(call)
		}
	}
	t.Logf("%d ops told, %d requests seen", len(told), len(seen))
}

// watched runs a command under the tracer and returns what it told on standard error and what was seen.
func (p place) watched(argv []string) ([]truth.Told, []trace.Call) {
	p.t.Helper()
	stderr, err := os.Create(filepath.Join(p.t.TempDir(), "story"))
	if err != nil {
		p.t.Fatal(err)
	}
	defer stderr.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	defer null.Close()
	seen, status, err := trace.Run(os.ProcAttr{Env: os.Environ(), Files: []*os.File{null, null, stderr}}, argv...)
	if err != nil {
		p.t.Fatal(err)
	}
	story, err := os.ReadFile(stderr.Name())
	if err != nil || status.ExitStatus() != 0 {
		p.t.Fatalf("%q: exit status %d (%v)\n%s", argv, status.ExitStatus(), err, story)
	}
	return opsOf(p.t, story), p.ours(seen, stderr.Name())
}

// ours leaves out what is not the runtime's doing: what a process does after it has become the container's program; how Go
// starts a program, between fork and execve; and the file that takes the story.
func (p place) ours(seen []trace.Call, story string) []trace.Call {
	born := map[int]bool{}    // has become one of our programs
	program := map[int]bool{} // has become another
	for _, c := range seen {
		born[c.PID] = born[c.PID] || p.startsOurs(c)
	}
	started := map[int]bool{}
	return slices.DeleteFunc(seen, func(c trace.Call) bool {
		if program[c.PID] || strings.Contains(c.Text, story) {
			return true
		}
		started[c.PID] = started[c.PID] || p.startsOurs(c)
		program[c.PID] = c.Name == "execve" && c.OK() && !strings.HasPrefix(c.Text, `execve("/",`) && !p.startsOurs(c)
		return born[c.PID] && !started[c.PID] && (c.Name == "setsid" || c.Name == "chdir")
	})
}

func (p place) startsOurs(c trace.Call) bool {
	return c.Name == "execve" && c.OK() &&
		(strings.HasPrefix(c.Text, `execve("`+p.oci+`"`) || strings.HasPrefix(c.Text, `execve("`+p.glassbox+`"`) || strings.HasPrefix(c.Text, `execve("/memfd:glassbox`))
}

func opsOf(t testing.TB, story []byte) []truth.Told {
	t.Helper()
	var told []truth.Told
	for line := range bytes.Lines(story) {
		var e explain.Event
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if !e.Done || e.Skipped {
			continue
		}
		for _, op := range e.Ops {
			told = append(told, truth.Told{Title: e.Title, Calls: op.Call, Inverse: op.Undo != ""})
		}
	}
	return told
}

// excuse is the allow-list. What is on it changes nothing that a container is made of.
func (p place) excuse(c trace.Call) string {
	for _, e := range []struct {
		why string
		is  bool
	}{
		{"Go raises its own limit of open files at the start, and sets it back before it starts another program",
			c.Name == "prlimit" && strings.Contains(c.Text, "RLIMIT_NOFILE") && strings.HasSuffix(c.Text, goLimit(p.t))},
		{"when a thread of Go's own may be woken", slackWritten.MatchString(c.Text)},
		{"the program of a deputy is written into memory, which memfd_create tells", strings.HasPrefix(c.Text, `write("/memfd:glassbox`)},
		{"our own records: journal, state, log, locks", p.isRecord(c)},
		{"our own programs start each other; the op that makes a process is told as clone", p.startsOurs(c)},
		{"a thread that sent a message from another network namespace goes back", strings.HasPrefix(c.Text, `setns("net:[`)},
		{"a library looks at a root filesystem by way of a detached /proc, which nobody else sees and which is never mounted",
			strings.HasPrefix(c.Text, `fsopen("proc"`) || strings.Contains(c.Text, "anon_inode:[fscontext]")},
	} {
		if e.is {
			return e.why
		}
	}
	return ""
}

var slackWritten = regexp.MustCompile(`^(open|write)\("/proc/\d+/timerslack_ns"`)

// goLimit is how the printed limit ends that Go sets: our own hard one.
func goLimit(t testing.TB) string {
	var own unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &own); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("rlim_max=%d})", own.Max)
}

// record matches the files that hold what we know of a container, not what it is made of. Places are given as in package engine.
var record = regexp.MustCompile(`^(state|root)/(` +
	`(names|locks)(/[^/]+)?|leases(/[^/]+){0,2}` + // who owns a name, an address
	`|events(/(now|before)\.jsonl)?` + // what has happened, for those who ask
	`|lock` +
	`|[^ ]*/(journal|lock|[\w.-]+\.json(\.new)?|story\.jsonl|\w+-json\.log|shim\.sock)` +
	`)$|^state/(containers|runtime(/\w+)?)$`)

func (p place) isRecord(c trace.Call) bool {
	about := []string{"open", "write", "mkdir", "rmdir", "rename", "unlink", "unlinkat", "truncate", "chmod", "symlink", "link"}
	parts := strings.Split(c.Text, `"`)
	if len(parts) < 2 {
		return false
	}
	path := parts[1]
	if strings.HasSuffix(c.Name, "link") && len(parts) > 3 { // symlink("to", "path")
		path = parts[3]
	}
	for name, dir := range map[string]string{"state": p.state, "root": p.root} {
		if below, ok := strings.CutPrefix(path, dir+"/"); ok && dir != "" {
			return slices.Contains(about, c.Name) && record.MatchString(name+"/"+below) && !strings.HasPrefix(below, "volumes/") // a volume's are told
		}
	}
	return false
}
