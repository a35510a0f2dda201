// These tests let programs end and see whether the shim starts them again, ask containers how they fare, and reboot.
package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	api "github.com/moby/moby/api/types/container"
	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
)

// eventually waits until a container is as it should be.
func eventually(t testing.TB, e *Engine, ref string, is func(*Details) bool) *Details {
	t.Helper()
	var d *Details
	for begin := time.Now(); time.Since(begin) < 10*time.Second; time.Sleep(10 * time.Millisecond) {
		var err error
		if d, err = e.Inspect(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
		if is(d) {
			return d
		}
	}
	t.Fatalf("it is still %+v, restarted %d times", d.State, d.RestartCount)
	return nil
}

func ended(d *Details) bool { return d.State.Status == api.StateExited }

func restarting(policy wire.Restart, script string) Request {
	r := quiet("sh", "-c", script)
	r.Upkeep.Restart = policy
	return r
}

func TestOnFailureReturnsSoOften(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, restarting(wire.Restart{Name: "on-failure", Max: 2}, "echo run; echo x >> /runs; exit 7"))
	d := eventually(t, e, id, ended)
	if d.RestartCount != 2 || d.State.ExitCode != 7 {
		t.Errorf("%d restarts, exit code %d", d.RestartCount, d.State.ExitCode)
	}
	runs, err := os.ReadFile(filepath.Join(e.files(id).Upper, "runs"))
	if err != nil || string(runs) != "x\nx\nx\n" {
		t.Errorf("the files of the runs hold %q (%v)", runs, err)
	}
	good := start(t, e, restarting(wire.Restart{Name: "on-failure"}, "exit 0"))
	if d := eventually(t, e, good, ended); d.RestartCount != 0 {
		t.Errorf("a success was followed by %d restarts", d.RestartCount)
	}
}

func TestRestartKeepsTheNetwork(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, restarting(wire.Restart{Name: "always"}, "readlink /proc/self/ns/net; sleep 0.2; exit 1"))
	d := eventually(t, e, id, func(d *Details) bool { return d.RestartCount >= 2 && d.State.Running && !d.State.Restarting })
	if d.State.Pid == 0 {
		t.Errorf("a running container without a pid: %+v", d.State)
	}
	if err := e.Stop(t.Context(), id, StopRequest{Wait: new(int)}); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond) // longer than the first waits
	if d := eventually(t, e, id, ended); d.RestartCount > 3 {
		t.Errorf("it was restarted %d times", d.RestartCount)
	}
	var out strings.Builder
	if err := e.Logs(t.Context(), id, LogsRequest{Tail: -1, Stdout: &out}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(out.String())
	if len(lines) < 2 || lines[0] != lines[1] {
		t.Errorf("the network namespaces of the runs: %q", lines)
	}
}

// Stopping also means something to a container that does not run just now.
func TestStopWhileItWaits(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, restarting(wire.Restart{Name: "always"}, "exit 3"))
	eventually(t, e, id, func(d *Details) bool { return d.State.Restarting && d.RestartCount >= 2 })
	begin := time.Now()
	if err := e.Stop(t.Context(), id, StopRequest{}); err != nil || time.Since(begin) > 3*time.Second {
		t.Fatalf("stopped after %v (%v)", time.Since(begin), err)
	}
	if d := eventually(t, e, id, ended); d.State.ExitCode != 3 {
		t.Errorf("exit code %d", d.State.ExitCode)
	}
}

func TestHealth(t *testing.T) {
	e := newEngine(t)
	r := quiet("sleep", "1000")
	r.Upkeep.Health = HealthCheck{Test: []string{"CMD-SHELL", "cat /well"}, Interval: 50 * time.Millisecond, Retries: 2}
	id := start(t, e, r)
	is := func(s api.HealthStatus) func(*Details) bool {
		return func(d *Details) bool { return d.State.Health != nil && d.State.Health.Status == s }
	}
	eventually(t, e, id, is(api.Starting))
	d := eventually(t, e, id, is(api.Unhealthy))
	if h := d.State.Health; h.FailingStreak < 2 || !strings.Contains(h.Log[0].Output, "/well") || h.Log[0].ExitCode != 1 {
		t.Errorf("health %+v", h)
	}
	events := heard(t, e, id)
	for _, want := range []string{"exec_create: /bin/sh -c cat /well", "exec_start: /bin/sh -c cat /well", "exec_die", "health_status: unhealthy"} {
		if !slices.Contains(events, want) {
			t.Errorf("no event %q in %q", want, events)
		}
	}
	if code, err := e.Exec(t.Context(), id, ExecRequest{Command: []string{"sh", "-c", "echo fine > /well"}}); code != 0 || err != nil {
		t.Fatal(code, err)
	}
	eventually(t, e, id, is(api.Healthy))
	list, err := e.List(t.Context(), ListRequest{Filters: Filters{"health": {"healthy"}}})
	if err != nil || len(list) != 1 || !strings.HasSuffix(list[0].Status, "(healthy)") {
		t.Errorf("list %+v (%v)", list, err)
	}
	time.Sleep(300 * time.Millisecond)
	if n := len(eventually(t, e, id, is(api.Healthy)).State.Health.Log); n != 5 {
		t.Errorf("%d checkups are kept", n)
	}
}

func TestHealthTimeOut(t *testing.T) {
	e := newEngine(t)
	r := quiet("sleep", "1000")
	r.Upkeep.Health = HealthCheck{Test: []string{"CMD", "sleep", "100"}, Interval: 20 * time.Millisecond, Timeout: 50 * time.Millisecond, Retries: 1}
	id := start(t, e, r)
	d := eventually(t, e, id, func(d *Details) bool { return d.State.Health.Status == api.Unhealthy })
	if l := d.State.Health.Log[0]; l.ExitCode != -1 || !strings.Contains(l.Output, "exceeded timeout") {
		t.Errorf("checkup %+v", l)
	}
}

func TestHealthCheckOfUserAndImage(t *testing.T) {
	image := &v1.HealthConfig{Test: []string{"CMD", "ask"}, Interval: time.Second}
	for _, c := range []struct {
		asked HealthCheck
		image *v1.HealthConfig
		want  string
	}{
		{HealthCheck{}, nil, "nobody"},
		{HealthCheck{Test: []string{"NONE"}}, image, "nobody"},
		{HealthCheck{}, image, "ask 1s"},
		{HealthCheck{Interval: time.Minute}, image, "ask 1m0s"},
		{HealthCheck{Test: []string{"CMD-SHELL", "x"}}, nil, "/bin/sh -c x 30s"},
	} {
		got := "nobody"
		if h := healthCheck(c.asked, c.image); h != nil {
			got = strings.Join(h.command(), " ") + " " + h.Interval.String()
		}
		if got != c.want {
			t.Errorf("%+v: %s, want %s", c.asked, got, c.want)
		}
	}
}

// A reboot takes every process and what is in memory; the shims do not get to say a word.
func TestBoot(t *testing.T) {
	e := newEngine(t)
	ids := map[string]string{}
	for name, policy := range map[string]string{"plain": "no", "always": "always", "unless": "unless-stopped", "halted": "unless-stopped", "failing": "on-failure"} {
		r := restarting(wire.Restart{Name: policy}, "sleep 1000")
		r.Name = name
		ids[name] = start(t, e, r)
	}
	if err := e.Stop(t.Context(), "halted", StopRequest{Wait: new(int)}); err != nil {
		t.Fatal(err)
	}
	e.crash(t)
	started, err := e.Boot(t.Context())
	if err != nil || len(started) != 2 {
		t.Fatalf("started %v (%v)", started, err)
	}
	for name, running := range map[string]bool{"plain": false, "always": true, "unless": true, "halted": false, "failing": false} {
		if d, err := e.Inspect(t.Context(), ids[name]); err != nil || d.State.Running != running {
			t.Errorf("%s: %+v (%v)", name, d.State, err)
		}
	}
	if started, err := e.Boot(t.Context()); err != nil || len(started) != 0 {
		t.Errorf("the second time it started %v (%v)", started, err)
	}
}

// A machine that goes down asks every process to end. A program has as long as with stop, one that does not listen is killed, and both
// come back with the machine, for nobody has stopped them.
func TestMachineGoesDown(t *testing.T) {
	e := newEngine(t)
	for name, c := range map[string]struct {
		on   string
		code int
		min  time.Duration
	}{"polite": {"exit 7", 7, 0}, "stubborn": {"", 137, time.Second}} {
		r := restarting(wire.Restart{Name: "unless-stopped"}, "trap '"+c.on+"' TERM; echo ready; while :; do sleep 0.02; done")
		r.Name, r.StopWait = name, new(1)
		id := start(t, e, r)
		awaitLog(t, e, id, "ready")
		status, err := e.status(id)
		if err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		if err := unix.Kill(status.Shim, unix.SIGTERM); err != nil {
			t.Fatal(err)
		}
		d := eventually(t, e, id, ended)
		if took := time.Since(begin); d.State.ExitCode != c.code || d.State.Error != "" || took < c.min || took > c.min+3*time.Second {
			t.Errorf("%s ended after %v: %+v", name, took, d.State)
		}
	}
	if started, err := e.Boot(t.Context()); err != nil || len(started) != 2 {
		t.Errorf("after the reboot run %v (%v)", started, err)
	}
}

// crash kills all shims with their containers, and takes back what a reboot would.
func (e *Engine) crash(t *testing.T) {
	shims, err := shimProcesses()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shims {
		if s.state != e.State {
			continue
		}
		r, err := e.find(s.short)
		if err == nil {
			err = unix.Kill(s.pid, unix.SIGKILL)
		}
		if err == nil {
			err = e.Release(t.Context(), r.ID)
		}
		if err == nil {
			err = os.Remove(e.dir(r.ID, wire.StatusFile)) // nobody could write it
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.RemoveAll(e.State); err != nil { // it lies in memory
		t.Fatal(err)
	}
}
