// This file holds that --script is true: a container that the printed shell script builds, with no help of ours, is the same
// as the one that run builds, as far as the kernel can tell.
package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"glassbox/internal/testkit"
	"glassbox/kernel/look"
	"glassbox/kernel/look/links"
)

func TestScriptBuildsTheSame(t *testing.T) {
	testkit.Need(t, testkit.Binary("unshare"), testkit.Binary("ip"), testkit.Binary("nft"))
	p := newPlace(t)
	container := []string{"--hostname", "twin", "--memory", "64m", "--pids-limit", "64", "box", "sleep", "1000"}
	p.must("run", "--rm", "box", "true")
	script := p.must(append([]string{"run", "--script"}, container...)...)

	p.must(append([]string{"run", "-d", "--name", "first"}, container...)...)
	want := view(t, sleeper(t))
	p.must("rm", "-f", "first")

	path := filepath.Join(t.TempDir(), "birth.sh")
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(path + ".log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	birth := exec.Command("sh", path)
	birth.Stdout, birth.Stderr = log, log
	if err := birth.Start(); err != nil {
		t.Fatal(err)
	}
	got := view(t, sleeper(t))
	// Diff does not compare the filter of system calls: no command of a shell can install one.
	if diff := testkit.Diff(want, got); diff != "" {
		said, err := os.ReadFile(log.Name())
		t.Errorf("the script's container differs, - is run's:\n%s\nthe script said (%v):\n%s", diff, err, said)
	}
	p.killAll()
	if err := birth.Wait(); err == nil {
		t.Error("a killed script ended well")
	}
}

// sleeper waits for the container's program and returns its pid.
func sleeper(t *testing.T) int {
	t.Helper()
	for range 500 {
		pids, err := testkit.Descendants(os.Getpid())
		if err != nil {
			t.Fatal(err)
		}
		for _, pid := range pids {
			line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			if err == nil && string(line) == "sleep\x001000\x00" {
				return pid
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the container's program did not start")
	return 0
}

// names are what differs between two containers and means nothing: ids, and the paths and devices that are named after them.
var names = regexp.MustCompile(`[0-9a-f]{12,64}|/tmp[^ ,:]*|10\.44\.[0-9.]+|fe80::[0-9a-f:]+`)

// used are the counters among the files of a cgroup.
var used = regexp.MustCompile(`used|peak|count|time|throttled|done`)

// view is what the kernel says about the world of a process.
func view(t *testing.T, pid int) testkit.State {
	t.Helper()
	state := testkit.State{}
	add := func(what, format string, args ...any) {
		line := names.ReplaceAllString(fmt.Sprintf(format, args...), "*")
		state[what] = append(state[what], line)
	}
	own, err := look.Namespaces(pid)
	must(t, err)
	for _, ns := range own {
		outside, err := look.Namespace(os.Getpid(), ns.Type)
		must(t, err)
		add("process", "%s namespace of its own: %v", ns.Type, outside != ns.Inode)
	}
	mounts, err := look.Mounts(pid)
	must(t, err)
	for _, m := range mounts {
		add("mount", "%s %s %s %s %s %s", m.Point, m.FSType, m.Source, m.Root, m.Options, m.SuperOptions)
	}
	limits, err := look.CgroupLimits(pid)
	must(t, err)
	for _, l := range limits {
		if !used.MatchString(l.Resource) {
			add("cgroup", "%+v", l)
		}
	}
	list, err := links.List(look.NamespacePath(pid, "net"))
	must(t, err)
	for _, l := range list {
		add("link", "%s %s %v", l.Name, l.Type, l.Addresses)
	}
	process, err := look.ReadProcess(pid)
	must(t, err)
	add("process", "capabilities %+v", process.Capabilities)
	add("process", "user %v %v %v, maps %v %v", process.UID, process.GID, process.Groups, process.UIDMap, process.GIDMap)
	add("process", "no new privileges %v", process.NoNewPrivs)
	add("seccomp", "%s", process.Seccomp)
	add("process", "limits %v, oom score %d", process.Limits, process.OOMScoreAdj)
	hostname, err := look.Hostname(pid)
	must(t, err)
	add("process", "hostname %s", hostname)
	for what := range state {
		slices.Sort(state[what])
	}
	return state
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The negative control: a view notices each change that a script could make.
func TestViewSeesChanges(t *testing.T) {
	p := newPlace(t)
	p.must("run", "-d", "--name", "first", "--hostname", "twin", "box", "sleep", "1000")
	want := view(t, sleeper(t))
	p.must("rm", "-f", "first")
	for _, other := range [][]string{{"--hostname", "other"}, {"--cap-drop", "CHOWN"}, {"--memory", "32m"}, {"--network", "none"}, {"--read-only"}} {
		p.must(slices.Concat([]string{"run", "-d", "--name", "second", "--hostname", "twin"}, other, []string{"box", "sleep", "1000"})...)
		if diff := testkit.Diff(want, view(t, sleeper(t))); diff == "" {
			t.Errorf("%s goes unnoticed", strings.Join(other, " "))
		}
		p.must("rm", "-f", "second")
	}
}
