// These tests kill what should live: the client, the shim. And they plant leaks, each of a kind, for audit to find.
package engine

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
	"glassbox/internal/testkit"
	"glassbox/kernel"
	"glassbox/kernel/look"
)

// until waits for something that the kernel or another process does in its own time.
func until(t testing.TB, what string, happened func() bool) {
	t.Helper()
	for range 500 {
		if happened() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("never: %s", what)
}

func TestContainerSurvivesItsClient(t *testing.T) {
	e := newEngine(t)
	client := exec.Command(e.Self[0], append(e.Self[1:], "run", e.Runtime, "sh", "-c", trap)...)
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	until(t, "the container runs", func() bool {
		list, err := e.List(t.Context(), ListRequest{})
		return err == nil && len(list) == 1
	})
	awaitLog(t, e, "foreground", "ready")
	if err := client.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := client.Wait(); err == nil {
		t.Fatal("the client ended well")
	}
	if err := e.Kill(t.Context(), "foreground", "USR1"); err != nil {
		t.Fatalf("the container died with its client: %v", err)
	}
	awaitLog(t, e, "foreground", "usr1")
	if err := e.Kill(t.Context(), "foreground", "KILL"); err != nil {
		t.Fatal(err)
	}
	until(t, "--rm removed it without its client", func() bool {
		ids, err := e.ids()
		return err == nil && len(ids) == 0
	})
	if leaks, err := e.Audit(t.Context(), false); len(leaks) != 0 || err != nil {
		t.Errorf("left behind: %v (%v)", leaks, err)
	}
}

// A client may be killed after it has taken back what it made, and before it has forgotten the container: then the shim does that, too.
func TestShimForgetsForItsClient(t *testing.T) {
	e := newEngine(t)
	for _, forgotten := range []bool{true, false} {
		s, id := attached(t, e)
		if code, err := converse(t.Context(), s.conn, Streams{}); code != 0 || err != nil {
			t.Fatalf("code %d: %v", code, err)
		}
		if err := errors.Join(e.takeBack(id), s.released()); err != nil {
			t.Fatal(err)
		}
		if !exists(e.dir(id, recordFile)) || !exists(e.files(id).Upper) {
			t.Fatal("the shim did not wait for its client")
		}
		if forgotten {
			if err := (kernel.Remove{Path: e.dir(id, recordFile)}).Do(); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.hangUp(); err != nil {
			t.Fatal(err)
		}
		until(t, "the files are gone", func() bool { return !exists(e.dir(id)) })
		if forgotten { // by nobody but this test, which stops half way
			if err := errors.Join(e.closeLive(id), e.disclaim("short", id)); err != nil {
				t.Fatal(err)
			}
		}
		until(t, "nothing is left behind", func() bool {
			leaks, err := e.Audit(t.Context(), false)
			return len(leaks) == 0 && err == nil
		})
	}
}

// attached starts a container of --rm as run does in the foreground, and leaves the rest to the caller.
func attached(t *testing.T, e *Engine) (*supervisor, string) {
	t.Helper()
	r := quiet("true")
	r.AutoRemove, r.Name = true, "short"
	id := e.newID()
	s, err := e.spawn(id)
	if err != nil {
		t.Fatal(err)
	}
	n, err := e.create(t.Context(), id, r, nil)
	if err != nil {
		t.Fatal(errors.Join(err, s.giveUp()))
	}
	defer n.unlock()
	if err := e.start(t.Context(), n, s, nil, true); err != nil {
		t.Fatal(err)
	}
	return s, n.ID
}

// A program that is no shim ends at once, before or after it is told anything.
func TestAnotherVersionsShim(t *testing.T) {
	e := newEngine(t)
	steady(t, e)
	e.Runtime = "/bin/false"
	before := testkit.Snapshot(t, e.watch())
	for range 5 {
		if _, err := e.Run(t.Context(), RunRequest{Request: quiet("true")}); err == nil || !strings.Contains(err.Error(), "of the same version?") {
			t.Errorf("the error is %v", err)
		}
	}
	if left := testkit.Diff(before, testkit.Snapshot(t, e.watch())); left != "" {
		t.Errorf("left behind:\n%s", left)
	}
}

// The network may fail when the container's first process is there already.
func TestNetworkFailsAfterTheBirth(t *testing.T) {
	e := newEngine(t)
	steady(t, e)
	before := testkit.Snapshot(t, e.watch())
	const everybody = "01:00:00:00:00:01" // no device may have it
	for _, mac := range []string{everybody, "02:00:00:00:00:01"} {
		r := publishing()
		r.Command, r.Network.Attachments = []string{"true"}, []Attachment{{Network: "bridge", MAC: mac}}
		result, err := e.Run(t.Context(), RunRequest{Request: r})
		if failed := err != nil && strings.Contains(err.Error(), "lay a virtual cable"); failed != (mac == everybody) {
			t.Errorf("%s: %v", mac, err)
		}
		settled(t, e, before, mac, result.ID)
	}
}

// killShim starts a container and kills its shim.
func killShim(t *testing.T, e *Engine, r Request) string {
	t.Helper()
	id := start(t, e, r)
	status, err := e.status(id)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Kill(status.Shim, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	until(t, "the shim is dead", func() bool { return !wire.Alive(e.live(id)) })
	return id
}

func TestShimIsKilled(t *testing.T) {
	e := newEngine(t)
	id := killShim(t, e, Request{Image: "box", Command: []string{"sleep", "100"}})
	status, err := e.status(id)
	if err != nil || status.State != wire.Running || status.Error == "" || status.Shim != 0 {
		t.Errorf("the program lives on, but the status is %+v (%v)", status, err)
	}
	leaks, err := e.Audit(t.Context(), false)
	if err != nil || !mentions(leaks, "container", "its shim was killed") {
		t.Errorf("audit says %v (%v)", leaks, err)
	}
	if _, err := e.Audit(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	// The test program has inherited the orphan, and this would wait for ever if it still lived.
	if _, err := unix.Wait4(status.PID, nil, 0, nil); err != nil {
		t.Errorf("collect the program: %v", err)
	}
	status, err = e.status(id)
	if err != nil || status.State != wire.Ended || status.ExitCode != lostCode {
		t.Errorf("after audit --fix the status is %+v (%v)", status, err)
	}
	if leaks, err := e.Audit(t.Context(), false); len(leaks) != 0 || err != nil {
		t.Errorf("audit --fix left behind: %v (%v)", leaks, err)
	}
	if _, err := e.Start(t.Context(), id, StartRequest{}); err != nil {
		t.Errorf("it can not be started again: %v", err)
	}
}

// Whoever needs the shim is told that it is gone; who wants the end gets it.
func TestVerbsWithoutShim(t *testing.T) {
	e := newEngine(t)
	id := killShim(t, e, quiet("sleep", "100"))
	for verb, do := range map[string]func() error{
		"exec": func() error {
			_, err := e.Exec(t.Context(), id, ExecRequest{Command: []string{"true"}})
			return err
		},
		"attach": func() error { _, err := e.Attach(t.Context(), id, Streams{}); return err },
		"wait":   func() error { _, err := e.Wait(t.Context(), id, ""); return err },
		"pause":  func() error { return e.Pause(t.Context(), id) },
		"HUP":    func() error { return e.Kill(t.Context(), id, "HUP") },
	} {
		if err := do(); err == nil || !strings.Contains(err.Error(), "shim was killed: 'glassbox restart") {
			t.Errorf("%s says %v", verb, err)
		}
	}
	if err := e.Kill(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	if code, err := e.Wait(t.Context(), id, ""); err != nil || code != lostCode {
		t.Errorf("after kill its exit code is %d (%v)", code, err)
	}
	if leaks, err := e.Audit(t.Context(), false); len(leaks) != 0 || err != nil {
		t.Errorf("left behind: %v (%v)", leaks, err)
	}
}

func TestRemoveWithoutShim(t *testing.T) {
	e := newEngine(t)
	before := testkit.Snapshot(t, testkit.Watch{Cgroups: []string{"glassbox"}})
	id := killShim(t, e, quiet("sleep", "100"))
	if err := e.Remove(t.Context(), id, RemoveRequest{Force: true}); err != nil {
		t.Fatal(err)
	}
	if leaks, err := e.Audit(t.Context(), false); len(leaks) != 0 || err != nil {
		t.Errorf("left behind: %v (%v)", leaks, err)
	}
	after := testkit.Snapshot(t, testkit.Watch{Cgroups: []string{"glassbox"}})
	if diff := testkit.Diff(before, after); strings.Contains(diff, "+ mount:") || strings.Contains(diff, "+ process:") {
		t.Error(diff)
	}
}

func mentions(leaks []Leak, kind, text string) bool {
	for _, l := range leaks {
		if l.Kind == kind && strings.Contains(l.String(), text) {
			return true
		}
	}
	return false
}

// Each kind of leak is planted, named by audit with a remedy, and taken back by --fix. Before, audit is silent: that is the
// control, with a container running beside it.
func TestAuditFindsEachKindOfLeak(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.Binary("ip"), testkit.Binary("nft"))
	e := newEngine(t)
	id := start(t, e, Request{Image: "box", Command: []string{"sleep", "100"}})
	stray := "01234567" + e.mark() + strings.Repeat("0123456789abc", 4)
	short := ShortID(stray)
	for _, c := range []struct{ kind, plant, object string }{
		{"mount", "mkdir -p LIVE/x && mount -t tmpfs x LIVE/x", "/x"},
		{"network namespace", "touch STATE/netns/ID", "netns/"},
		{"link", "ip link add gb" + short + " type veth peer name stray && ip link set gb" + short + " master glassbox0", "gb" + short},
		{"cgroup", "mkdir -p GROUPS/glassbox/ID", "glassbox/" + stray},
		{"published port", "nft add element inet glassbox published '{ tcp . 81 : 10.44.9.9 . 80 }'", "81"},
		{"lease", "mkdir STATE/leases/x && ln -s ID STATE/leases/x/10.44.9.9", "10.44.9.9"},
		{"link", "ip link add gbr1 up type bridge && ip link set gbr1 alias 'glassbox STATE'", "gbr1"},
		{"rules", "nft add element inet glassbox bridges '{ gbr2 }'", "gbr2"},
		{"name", "ln -s ID ROOT/names/nobody", "nobody"},
		{"directory", "mkdir ROOT/containers/ID", "containers/" + stray},
		{"directory", "mkdir LIVE", "containers/" + stray},
		{"runtime state", "mkdir -p STATE/runtime/ID", "runtime/" + stray},
	} {
		if leaks, err := e.Audit(t.Context(), false); len(leaks) != 0 || err != nil {
			t.Fatalf("before a %s is planted: %v (%v)", c.kind, leaks, err)
		}
		plant(t, e, c.plant, stray)
		leaks, err := e.Audit(t.Context(), false)
		if err != nil || !mentions(leaks, c.kind, c.object) {
			t.Errorf("%s: audit names %v (%v)", c.plant, leaks, err)
		}
		if _, err := e.Audit(t.Context(), true); err != nil {
			t.Errorf("%s: audit --fix: %v", c.plant, err)
		}
		if leaks, err := e.Audit(t.Context(), false); len(leaks) != 0 || err != nil {
			t.Fatalf("%s: after --fix: %v (%v)", c.plant, leaks, err)
		}
	}
	if status, err := e.status(id); err != nil || status.State != wire.Running {
		t.Errorf("audit --fix hurt a container that runs: %+v (%v)", status, err)
	}
}

func plant(t *testing.T, e *Engine, line, id string) {
	t.Helper()
	layout, err := look.HostLayout()
	if err != nil {
		t.Fatal(err)
	}
	line = strings.NewReplacer("LIVE", e.live(id), "STATE", e.State, "ROOT", e.Root, "ID", id, "GROUPS", layout.Dir("pids", "/")).Replace(line)
	if out, err := exec.CommandContext(context.Background(), "sh", "-c", line).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}

// Two engines of one machine have their cgroups in one directory, and their cables in one namespace.
func TestAuditLeavesOtherEnginesAlone(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.Binary("ip"))
	e := newEngine(t)
	start(t, e, Request{Image: "box", Command: []string{"sleep", "100"}}) // for the bridge
	other := &Engine{Root: t.TempDir(), State: t.TempDir()}
	id := other.newID()
	plant(t, e, "mkdir -p GROUPS/glassbox/ID; ip link add gb"+ShortID(id)+" type veth peer name theirs; ip link set gb"+ShortID(id)+" master glassbox0", id)
	if leaks, err := e.Audit(t.Context(), true); len(leaks) != 0 || err != nil {
		t.Errorf("audit --fix names %v (%v)", leaks, err)
	}
	if leaks, err := other.Audit(t.Context(), true); len(leaks) != 2 || err != nil {
		t.Errorf("its own engine names %v (%v)", leaks, err)
	}
}
