package engine

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"glassbox/engine/shim/wire"
	"glassbox/explain"
	"glassbox/internal/testkit"
	"glassbox/kernel"
)

// beganBare tells from a container's story whether it began with few mounts.
func beganBare(t *testing.T, e *Engine, id string) bool {
	t.Helper()
	story, err := e.Story(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(story, func(event explain.Event) bool { return event.Title == "Put the root into place" })
}

func TestManyContainersBeginWithFewMounts(t *testing.T) {
	e := newEngine(t)
	anonymous := []Mount{{Type: "volume", Target: "/v"}}
	r := quiet("true")
	r.Mounts = anonymous
	mustRun(t, e, r, "") // the directory of all volumes stays
	e.removeAll(t)
	steady(t, e)
	before := testkit.Snapshot(t, e.watch())
	e.Crowd = 3
	volume := t.TempDir()
	if err := os.WriteFile(volume+"/file", []byte("here\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	request := func(change func(*Request)) Request {
		r := Request{Image: "box", Command: []string{"sleep", "1000"}}
		if change != nil {
			change(&r)
		}
		return r
	}
	var ids []string
	for i, c := range []struct {
		what   string
		change func(*Request)
		bare   bool
		shows  string // a file inside, and a word in it
		word   string
	}{
		{"the first", nil, false, "/etc/hosts", "localhost"},
		{"the second", nil, false, "/etc/hosts", "localhost"},
		{"the third", nil, true, "/etc/hosts", "localhost"},
		{"one without a network", func(r *Request) { r.Network.Mode = "none" }, true, "/etc/hosts", "localhost"},
		{"one with a tmpfs", func(r *Request) { r.Mounts = []Mount{{Type: "tmpfs", Target: "/t"}} }, true, "/proc/mounts", " /t "},
		{"one with a directory of the host", func(r *Request) { r.Mounts = []Mount{{Type: "bind", Source: volume, Target: "/v"}} }, false, "/v/file", "here"},
		{"one with a volume", func(r *Request) { r.Mounts = anonymous }, false, "/proc/mounts", " /v "},
		{"one that shares its memory", func(r *Request) { r.Namespaces.IPC = "shareable" }, false, "/proc/mounts", " /dev/shm "},
	} {
		id := start(t, e, request(c.change))
		ids = append(ids, id)
		if bare := beganBare(t, e, id); bare != c.bare {
			t.Errorf("%s began with few mounts: %v", c.what, bare)
		}
		var out bytes.Buffer
		code, err := e.Exec(t.Context(), id, ExecRequest{Command: []string{"cat", c.shows}, Streams: Streams{Stdout: &out}})
		if err != nil || code != 0 || !strings.Contains(out.String(), c.word) {
			t.Errorf("%s: no %q in %s:\n%s (%v)", c.what, c.word, c.shows, &out, err)
		}
		if made := kernel.IsNamespace(e.bareMounts().File()); made != (i >= 2) {
			t.Errorf("%s: it was made: %v", c.what, made)
		}
	}
	if err := e.Restart(t.Context(), ids[2], StopRequest{Wait: new(0)}); err != nil || !beganBare(t, e, ids[2]) {
		t.Errorf("again, it does not begin with few mounts (%v)", err)
	}
	if leaks, err := e.Audit(t.Context(), false); len(leaks) != 0 || err != nil {
		t.Errorf("left behind: %v (%v)", leaks, err)
	}
	e.removeAll(t)
	settled(t, e, before, "all removed", ids...)
}

// Its shim starts a container again without the engine, when the mounts that it began with may have gone.
func TestBareMountsAreGone(t *testing.T) {
	e := newEngine(t)
	e.Crowd = 1
	r := quiet("sh", "-c", "test -e /again || { touch /again; sleep 0.2; exit 1; }; sleep 1000")
	r.Upkeep.Restart = wire.Restart{Name: "on-failure"}
	id := start(t, e, r)
	if !beganBare(t, e, id) {
		t.Error("it does not begin with few mounts")
	}
	if err := kernel.BareMountsRemove(e.bareMounts()).Do(); err != nil {
		t.Fatal(err)
	}
	until(t, "it runs again", func() bool {
		status, err := e.status(id)
		return err == nil && status.Restarts == 1 && status.State == wire.Running
	})
}

// Whoever makes it may be killed half way: then nobody has it, and with the last container even that goes.
func TestHalfMadeBareMounts(t *testing.T) {
	e := newEngine(t)
	e.Crowd = 1
	if err := os.MkdirAll(e.bareMounts().Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if leaks, err := e.Audit(t.Context(), false); err != nil || len(leaks) != 1 || leaks[0].Kind != "mount namespace" {
		t.Errorf("audit names %v (%v)", leaks, err)
	}
	id := start(t, e, quiet("sleep", "1000"))
	if beganBare(t, e, id) {
		t.Error("it begins with mounts that nobody has made")
	}
	e.removeAll(t)
	if leaks, err := e.Audit(t.Context(), false); err != nil || len(leaks) != 0 || exists(e.bareMounts().Dir) {
		t.Errorf("left behind: %v (%v)", leaks, err)
	}
}
