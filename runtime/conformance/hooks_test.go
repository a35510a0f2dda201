// This file: hooks. config.md, "POSIX-platform Hooks"; runtime.md, "Lifecycle".
package conformance

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"

	"glassbox/internal/testkit"
)

// noting is a hook that appends its name, its mount namespace and its state to a file.
func noting(name, file string) specs.Hook {
	return specs.Hook{Path: "/bin/sh", Args: []string{"sh", "-c",
		"echo \"" + name + " $(/bin/readlink /proc/self/ns/mnt) $(/bin/readlink /proc/self/ns/net) $(/bin/cat)\" >> " + file}}
}

type note struct {
	name, mounts, net string
	state             specs.State
}

func notes(t *testing.T, file string) []note {
	t.Helper()
	data, err := os.ReadFile(file)
	check(t, err)
	var all []note
	for line := range strings.Lines(string(data)) {
		f := strings.SplitN(line, " ", 4)
		n := note{name: f[0], mounts: f[1], net: f[2]}
		if err := json.Unmarshal([]byte(f[3]), &n.state); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, n)
	}
	return all
}

func TestHooksRunInOrderAndPlace(t *testing.T) {
	b := newBox(t)
	file := filepath.Join(b.dir, "notes")
	check(t, os.WriteFile(b.path("notes"), nil, 0o666))
	b.spec.Annotations = map[string]string{"a": "b"}
	b.spec.Hooks = &specs.Hooks{
		//lint:ignore SA1019 deprecated, and still what Docker hands its network over by
		Prestart: []specs.Hook{noting("prestart", file)}, CreateRuntime: []specs.Hook{noting("createRuntime", file), noting("second", file)},
		CreateContainer: []specs.Hook{noting("createContainer", file)}, StartContainer: []specs.Hook{noting("startContainer", "/notes")},
		Poststart: []specs.Hook{noting("poststart", file)}, Poststop: []specs.Hook{noting("poststop", file)},
	}
	c, _ := b.create("sleep 100")
	host, inside := namespaceOf(t, os.Getpid(), "mnt"), namespaceOf(t, c.PID(), "mnt")
	hostNet, insideNet := namespaceOf(t, os.Getpid(), "net"), namespaceOf(t, c.PID(), "net")
	if data, err := os.ReadFile(b.path("notes")); err != nil || len(data) > 0 {
		t.Errorf("startContainer has run before start: %s (%v)", data, err)
	}
	pid := c.PID()
	check(t, c.Start())
	check(t, c.Delete(true))
	wanted := []note{
		{"prestart", host, hostNet, specs.State{Status: specs.StateCreating, Pid: pid}},
		{"createRuntime", host, hostNet, specs.State{Status: specs.StateCreating, Pid: pid}},
		{"second", host, hostNet, specs.State{Status: specs.StateCreating, Pid: pid}},
		{"createContainer", inside, insideNet, specs.State{Status: specs.StateCreating, Pid: 1}},
		{"poststart", host, hostNet, specs.State{Status: specs.StateRunning, Pid: pid}},
		{"poststop", host, hostNet, specs.State{Status: specs.StateStopped}},
	}
	compare(t, notes(t, file), wanted, b)
	compare(t, notes(t, b.path("notes")), []note{{"startContainer", inside, insideNet, specs.State{Status: specs.StateCreated, Pid: 1}}}, b)
}

func compare(t *testing.T, got, wanted []note, b *box) {
	t.Helper()
	if len(got) != len(wanted) {
		t.Fatalf("%d hooks have run: %v", len(got), got)
	}
	for i, w := range wanted {
		g := got[i]
		if g.name != w.name || g.mounts != w.mounts || g.net != w.net || g.state.Status != w.state.Status || g.state.Pid != w.state.Pid {
			t.Errorf("hook %d: %+v, want %+v", i, g, w)
		}
		if g.state.Bundle != b.dir || g.state.Annotations["a"] != "b" || g.state.Version != specs.Version {
			t.Errorf("hook %d was told %+v", i, g.state)
		}
	}
}

func TestFailingHookUndoesTheContainer(t *testing.T) {
	fail := []specs.Hook{{Path: "/bin/sh", Args: []string{"sh", "-c", "echo no luck; exit 3"}}}
	failInside := []specs.Hook{{Path: "/bin/sh", Args: []string{"sh", "-c", "echo no luck; exit 3"}}}
	for name, h := range map[string]*specs.Hooks{
		"prestart": {Prestart: fail}, "createRuntime": {CreateRuntime: fail}, "createContainer": {CreateContainer: fail},
		"startContainer": {StartContainer: failInside}, "poststart": {Poststart: fail},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t)
			file := filepath.Join(b.dir, "notes")
			h.Poststop = []specs.Hook{noting("poststop", file)}
			b.spec.Hooks = h
			b.refused("no luck", "exit code 3")
			if n := notes(t, file); len(n) != 1 || n[0].state.Status != specs.StateStopped {
				t.Errorf("poststop hooks: %v", n)
			}
		})
	}
}

func TestFailingStartHookUndoesACreatedContainer(t *testing.T) {
	for name, h := range map[string]*specs.Hooks{
		"startContainer": {StartContainer: []specs.Hook{{Path: "/bin/false"}}}, "poststart": {Poststart: []specs.Hook{{Path: "/bin/false"}}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t)
			b.spec.Hooks = h
			c, _ := b.create("sleep 100")
			if err := c.Start(); err == nil || !strings.Contains(err.Error(), "exit code 1") {
				t.Errorf("start says %v", err)
			}
			if entries, err := os.ReadDir(b.options(nil).Root); err != nil || len(entries) != 0 {
				t.Errorf("left behind: %v (%v)", entries, err)
			}
		})
	}
}

func TestHookTimeOut(t *testing.T) {
	b := newBox(t)
	b.spec.Hooks = &specs.Hooks{CreateRuntime: []specs.Hook{{Path: "/bin/sleep", Args: []string{"sleep", "60"}, Timeout: pointer(1)}}}
	b.refused("not done after 1 s")
}

func TestFailingPoststopHookIsAWarning(t *testing.T) {
	b := newBox(t)
	file := filepath.Join(b.dir, "notes")
	b.spec.Hooks = &specs.Hooks{Poststop: []specs.Hook{{Path: "/bin/false"}, noting("second", file)}}
	b.output("true")
	if len(b.warnings) != 1 || !strings.Contains(b.warnings[0], "/bin/false") {
		t.Errorf("warnings: %q", b.warnings)
	}
	if len(notes(t, file)) != 1 {
		t.Errorf("the second hook has not run")
	}
}

func TestHookHasItsEnvironmentAlone(t *testing.T) {
	b := newBox(t)
	file := filepath.Join(b.dir, "env")
	b.spec.Hooks = &specs.Hooks{CreateRuntime: []specs.Hook{{Path: "/usr/bin/env", Env: []string{"A=1"}},
		{Path: "/bin/sh", Args: []string{"other-name", "-c", "/usr/bin/env > " + file + "; echo $0 >> " + file}, Env: []string{"A=1", "PWD=x", "SHLVL=0", "_=x"}}}}
	b.output("true")
	data, err := os.ReadFile(file)
	check(t, err)
	if !strings.Contains(string(data), "A=1\n") || strings.Contains(string(data), "GOGC") {
		t.Errorf("environment: %s", data)
	}
}

// Docker hands its networks over so: a prestart hook finds the namespace by the pid that it reads.
func TestHookGivesTheNetwork(t *testing.T) {
	testkit.Need(t, testkit.Binary("ip"))
	for name, hook := range map[string]func(h *specs.Hooks, list []specs.Hook){
		//lint:ignore SA1019 deprecated, and still in use
		"prestart":      func(h *specs.Hooks, list []specs.Hook) { h.Prestart = list },
		"createRuntime": func(h *specs.Hooks, list []specs.Hook) { h.CreateRuntime = list },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBox(t)
			b.spec.Hooks = &specs.Hooks{}
			hook(b.spec.Hooks, []specs.Hook{{Path: "/bin/sh", Env: []string{"PATH=" + os.Getenv("PATH")}, Args: []string{"sh", "-ec",
				`state=$(cat); pid=${state#*\"pid\":}; pid=${pid%%,*}; ip link add hook-` + name[:4] + ` type veth peer name eth0 netns "$pid"`}}})
			if out := b.output("ip link show eth0"); !strings.Contains(out, "eth0") {
				t.Errorf("inside: %s", out)
			}
		})
	}
}
