// This file: versions, states and operations. config.md, "Specification version", "Extensibility"; runtime.md.
package conformance

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/runtime/container"
)

func TestVersions(t *testing.T) {
	for version, runs := range map[string]bool{"1.0.0": true, "1.0.2-dev": true, "1.1.0": true, "1.99.0": true, "1.3.0-rc.1+2": true, "2.0.0": false, "1.0": false, "1.foo": false, "1.2.3.4": false, "0.2.0": false, "": false, "1": false} {
		t.Run(version, func(t *testing.T) {
			b := newBox(t)
			b.spec.Version = version
			if runs {
				b.output("true")
			} else {
				b.refused("ociVersion")
			}
		})
	}
}

func TestUnknownFieldsAreIgnored(t *testing.T) {
	b := newBox(t)
	data, err := json.Marshal(b.spec)
	check(t, err)
	data = []byte(strings.Replace(string(data), `"linux":{`, `"later":{"a":1},"linux":{"later":[1],`, 1))
	b.spec = &specs.Spec{}
	check(t, json.Unmarshal(data, b.spec))
	b.output("true")
}

func TestStatesAndTheirErrors(t *testing.T) {
	b := newBox(t)
	c, _ := b.create("touch /ran; sleep 100")
	if s := c.State(); s.Status != specs.StateCreated || s.Pid == 0 || s.ID != b.options(nil).ID || s.Bundle != b.dir {
		t.Errorf("created: %+v", s)
	}
	if _, err := os.Stat(b.path("ran")); err == nil {
		t.Error("the program has run before start")
	}
	if _, err := container.Create(b.spec, b.options(nil)); !errors.Is(err, container.ErrExists) {
		t.Errorf("create of an id in use: %v", err)
	}
	// What happens to the specification now has no effect.
	b.spec.Process.Args = []string{"false"}
	check(t, os.WriteFile(filepath.Join(b.dir, "config.json"), []byte("{}"), 0o644))
	loaded, err := container.Load(b.options(nil).Root, b.options(nil).ID)
	check(t, err)
	check(t, loaded.Start())
	waitFor(t, b.path("ran"))
	if s := c.State(); s.Status != specs.StateRunning {
		t.Errorf("started: %+v", s)
	}
	if err := c.Start(); err == nil {
		t.Error("a second start has no error")
	}
	if err := c.Delete(false); !errors.Is(err, container.ErrRunning) {
		t.Errorf("delete of a running one: %v", err)
	}
	check(t, c.Kill(unix.SIGKILL, false))
	_, err = c.Wait()
	check(t, err)
	if s := c.State(); s.Status != specs.StateStopped || s.Pid != 0 {
		t.Errorf("stopped: %+v", s)
	}
	if err := c.Kill(unix.SIGTERM, false); !errors.Is(err, container.ErrNotRunning) {
		t.Errorf("kill of a stopped one: %v", err)
	}
	if err := c.Start(); err == nil {
		t.Error("start of a stopped one has no error")
	}
	check(t, c.Delete(false))
	if _, err := container.Load(b.options(nil).Root, b.options(nil).ID); !errors.Is(err, container.ErrNotFound) {
		t.Errorf("state of a deleted one: %v", err)
	}
	b.output("true") // the id is free again
}

func TestStartTellsThatTheProgramCanNotBeRun(t *testing.T) {
	b := newBox(t)
	check(t, os.WriteFile(b.path("bin/broken"), []byte("#!/bin/nobody\n"), 0o755))
	b.spec.Process.Args = []string{"broken"}
	c, err := container.Create(b.spec, b.options(b.outFile()))
	check(t, err)
	var notRun *container.ExecError
	if err := c.Start(); !errors.As(err, &notRun) || notRun.Code != 127 {
		t.Errorf("start says %v", err)
	}
	check(t, c.Delete(true))
}

func TestRootMustBeADirectory(t *testing.T) {
	b := newBox(t)
	b.spec.Root.Path = "nothing"
	b.refused("root.path", "nothing")
	b.spec.Root = nil
	b.refused("root.path")
}

func TestReadonlyRoot(t *testing.T) {
	b := newBox(t)
	b.spec.Root.Readonly = true
	if text, code, err := b.run("touch /file"); err != nil || code == 0 || !strings.Contains(text, "Read-only") {
		t.Errorf("exit code %d, %v: %s", code, err, text)
	}
	b.spec.Root.Readonly = false
	b.output("touch /file")
}

func TestProcessMustBeThere(t *testing.T) {
	b := newBox(t)
	b.spec.Process.Args = nil
	if _, err := container.Create(b.spec, b.options(nil)); err == nil || !strings.Contains(err.Error(), "process.args") {
		t.Errorf("without args: %v", err)
	}
	b.spec.Process = nil
	if _, err := container.Create(b.spec, b.options(nil)); err == nil || !strings.Contains(err.Error(), "process") {
		t.Errorf("without a process: %v", err)
	}
}

func TestOnlyStdioIsInherited(t *testing.T) {
	b := newBox(t)
	want(t, "descriptors", b.fields("ls /proc/self/fd"), "0 1 2 3") // 3 is ls's own
}

// Who has started an exec and does not ask how it ended keeps the kernel from ending the PID namespace; a delete goes on.
func TestDeleteDoesNotWaitForWhoForgetsAnExec(t *testing.T) {
	b := newBox(t)
	b.script("sleep 100")
	c, err := container.Run(b.spec, b.options(b.outFile()))
	check(t, err)
	p := *b.spec.Process
	p.Args = []string{"sleep", "100"}
	v, err := c.Exec(&p, container.ExecOptions{})
	check(t, err)
	begin := time.Now()
	check(t, c.Delete(true))
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	_, err = v.Wait()
	check(t, err)
}

func TestUsersThatAreNoFile(t *testing.T) {
	b := newBox(t)
	b.spec.Process.Env = []string{"PATH=/bin"}
	check(t, unix.Mkfifo(b.path("etc/passwd"), 0o644))
	want(t, "HOME", b.output("echo $HOME"), "/")
}
