// This file tests the commands that change a running container: update, pause, kill, delete, and those that look at it.
package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glassbox/internal/testkit"
)

// sleeper runs a container that sleeps, and returns a function for commands about it: the first argument is the command.
func sleeper(t *testing.T) func(args ...string) (code int, stdout, stderr string) {
	t.Helper()
	testkit.Need(t, testkit.Root(), testkit.Binary("busybox"))
	dir := t.TempDir()
	for _, name := range []string{"bin", "proc", "dev", "sys"} {
		must(t, os.MkdirAll(filepath.Join(dir, "rootfs", name), 0o755))
	}
	busybox, err := exec.LookPath("busybox")
	must(t, err)
	must(t, exec.Command("cp", busybox, filepath.Join(dir, "rootfs/bin/sleep")).Run())
	spec := exampleSpec()
	spec.Process.Terminal, spec.Process.Args = false, []string{"sleep", "1000"}
	data, err := json.Marshal(spec)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "config.json"), data, 0o600))
	id := filepath.Base(filepath.Dir(dir))
	do := func(args ...string) (int, string, string) {
		t.Helper()
		args = append([]string{"--root", filepath.Join(dir, "state"), args[0]}, append(args[1:], id)...)
		return oci(t, args...)
	}
	run := exec.Command(testkit.Program(t, "glassbox-oci"), "--root", filepath.Join(dir, "state"), "run", "-d", "-b", dir, id)
	run.Stderr = os.Stderr // a pipe would be the container's, too, and have no end
	must(t, run.Run())
	t.Cleanup(func() { do("delete", "--force") })
	return do
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func stats(t *testing.T, do func(...string) (int, string, string)) (memory, pids uint64) {
	t.Helper()
	_, out, _ := do("events", "--stats")
	var e struct {
		Data struct {
			Memory struct{ Usage struct{ Limit uint64 } }
			Pids   struct{ Limit uint64 }
		}
	}
	must(t, json.Unmarshal([]byte(out), &e))
	return e.Data.Memory.Usage.Limit, e.Data.Pids.Limit
}

func TestUpdate(t *testing.T) {
	do := sleeper(t)
	const megabyte = 1 << 20
	if memory, pids := stats(t, do); memory < 1<<40 || pids != 0 {
		t.Fatalf("limits before: %d bytes, %d processes", memory, pids)
	}
	for _, flags := range [][]string{ // less, more, less: each needs another order of the two memory limits in v1
		{"--memory", "67108864", "--memory-swap", "67108864", "--pids-limit", "64"},
		{"--memory", "134217728", "--memory-swap", "134217728", "--pids-limit", "128"},
		{"--memory", "33554432", "--memory-swap", "33554432", "--pids-limit", "32"},
	} {
		if code, _, stderr := do(append([]string{"update"}, flags...)...); code != 0 {
			t.Fatalf("update %v: %s", flags, stderr)
		}
	}
	if memory, pids := stats(t, do); memory != 32*megabyte || pids != 32 {
		t.Errorf("limits afterwards: %d bytes, %d processes", memory, pids)
	}
	if code, _, _ := do("update", "--memory", "67108864", "--memory-swap", "67108864", "--cpuset-cpus", "4000"); code == 0 {
		t.Error("a processor that is not there was taken")
	}
	if memory, _ := stats(t, do); memory != 32*megabyte {
		t.Errorf("after an update that failed the limit is %d bytes", memory)
	}
}

func TestPause(t *testing.T) {
	do := sleeper(t)
	if code, _, _ := do("resume"); code == 0 {
		t.Error("a running container was resumed")
	}
	for _, c := range []struct{ command, status string }{{"pause", "paused"}, {"resume", "running"}} {
		if code, _, stderr := do(c.command); code != 0 {
			t.Fatalf("%s: %s", c.command, stderr)
		}
		if _, out, _ := do("state"); !strings.Contains(out, `"status": "`+c.status+`"`) {
			t.Errorf("after %s:\n%s", c.command, out)
		}
	}
}

// A process that is frozen in a v1 cgroup keeps SIGKILL for later.
func TestFrozenDies(t *testing.T) {
	do := sleeper(t)
	do("pause")
	if code, _, _ := do("delete"); code == 0 {
		t.Error("a paused container was deleted without --force")
	}
	if code, _, stderr := oci(t, "--root", "/nosuch", "delete", "--force", "nobody"); code != 0 {
		t.Errorf("delete --force of nobody: %s", stderr)
	}
	begin := time.Now()
	if code, _, stderr := do("delete", "--force"); code != 0 || time.Since(begin) > 2*time.Second {
		t.Errorf("delete --force took %v: %s", time.Since(begin), stderr)
	}
	if code, _, _ := do("state"); code == 0 {
		t.Error("it is still there")
	}
}

func TestProcessList(t *testing.T) {
	do := sleeper(t)
	_, out, _ := do("ps", "--format", "json")
	var pids []int
	must(t, json.Unmarshal([]byte(out), &pids))
	if len(pids) != 1 {
		t.Errorf("ps --format json: %s", out)
	}
	if _, out, _ := do("ps"); strings.Count(out, "\n") != 2 || !strings.Contains(out, "sleep 1000") {
		t.Errorf("ps:\n%s", out)
	}
}
