// These tests read logs that consist of several files, while they are written.
package engine

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"glassbox/engine/shim/wire"
)

func logged(driver string, options map[string]string, script string) Request {
	r := quiet("sh", "-c", script)
	r.Upkeep.Log = LogConfig{Driver: driver, Options: options}
	return r
}

func readLogs(t testing.TB, e *Engine, ref string, r LogsRequest) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var out bytes.Buffer
	r.Stdout, r.Stderr = &out, &out
	if err := e.Logs(ctx, ref, r); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A reader that follows sees each line once, though the files change their names under it and the program is restarted.
func TestFollowAcrossRotationAndRestart(t *testing.T) {
	e := newEngine(t)
	r := logged("json-file", map[string]string{"max-size": "2k", "max-file": "3"},
		"i=0; while [ $i -lt 100 ]; do echo line $i; i=$((i+1)); [ $((i%10)) = 0 ] && sleep 0.02; done; exit 1")
	r.Upkeep.Restart = wire.Restart{Name: "on-failure", Max: 1}
	id := start(t, e, r)
	lines := strings.Split(strings.TrimSpace(readLogs(t, e, id, LogsRequest{Follow: true, Tail: -1})), "\n")
	if len(lines) != 200 {
		t.Fatalf("%d lines of 200: %q … %q", len(lines), lines[0], lines[len(lines)-1])
	}
	for i, line := range lines {
		if line != fmt.Sprintf("line %d", i%100) {
			t.Fatalf("line %d is %q", i, line)
		}
	}
	if tail := readLogs(t, e, id, LogsRequest{Tail: 30}); strings.Count(tail, "\n") != 30 || !strings.HasSuffix(tail, "line 99\n") {
		t.Errorf("the tail across files: %q", tail)
	}
}

func TestLocalDriverCompresses(t *testing.T) {
	e := newEngine(t)
	e.Self = nil // nobody compresses: see below
	id := start(t, e, logged("local", map[string]string{"max-size": "1k", "max-file": "2"}, "seq 1 40"))
	eventually(t, e, id, ended)
	r, err := e.find(id)
	if err != nil {
		t.Fatal(err)
	}
	before := readLogs(t, e, id, LogsRequest{Tail: -1})
	if err := Pack(e.logPath(r) + ".1"); err != nil {
		t.Fatal(err)
	}
	if exists(e.logPath(r)+".1") || !exists(e.logPath(r)+".1.gz") {
		t.Error("the file was not replaced")
	}
	if after := readLogs(t, e, id, LogsRequest{Tail: -1}); after != before || !strings.HasSuffix(after, "40\n") {
		t.Errorf("packed it reads %q, was %q", after, before)
	}
}

func TestLogTimesAndDetails(t *testing.T) {
	e := newEngine(t)
	r := logged("", map[string]string{"labels": "team"}, "echo one; sleep 0.1; echo two")
	r.Labels = map[string]string{"team": "a", "other": "b"}
	id := start(t, e, r)
	eventually(t, e, id, ended)
	stamped := strings.Fields(readLogs(t, e, id, LogsRequest{Tail: -1, Timestamps: true, Details: true}))
	if len(stamped) != 6 || stamped[1] != "team=a" || stamped[2] != "one" {
		t.Fatalf("%q", stamped)
	}
	first, err := time.Parse(time.RFC3339Nano, stamped[0])
	if err != nil {
		t.Fatal(err)
	}
	middle := first.Add(50 * time.Millisecond)
	if got := readLogs(t, e, id, LogsRequest{Tail: -1, Until: middle}); got != "one\n" {
		t.Errorf("until then: %q", got)
	}
	if got := readLogs(t, e, id, LogsRequest{Tail: -1, Since: middle}); got != "two\n" {
		t.Errorf("since then: %q", got)
	}
}

func TestLogDriverNone(t *testing.T) {
	e := newEngine(t)
	id := start(t, e, logged("none", nil, "echo unheard"))
	eventually(t, e, id, ended)
	if err := e.Logs(t.Context(), id, LogsRequest{Tail: -1}); err == nil {
		t.Error("what nobody keeps can be read")
	}
}

func TestLogOptions(t *testing.T) {
	for _, c := range []struct{ driver, option, want string }{
		{"fluentd", "", "no log driver named"},
		{"json-file", "color=red", "unknown log opt 'color'"},
		{"json-file", "max-size=many", "invalid value for 'max-size'"},
		{"json-file", "max-file=3", "needs max-size"},
		{"json-file", "mode=sometimes", "logging mode not supported"},
		{"json-file", "max-buffer-size=1m", "only supported with 'mode=non-blocking'"},
		{"none", "max-size=1m", "unknown log opt"},
	} {
		config := LogConfig{Driver: c.driver}
		if name, value, ok := strings.Cut(c.option, "="); ok {
			config.Options = map[string]string{name: value}
		}
		if _, err := logOptions(config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v", c.driver, c.option, err)
		}
	}
	l, err := logOptions(LogConfig{Options: map[string]string{"max-size": "10m", "max-file": "3", "mode": "non-blocking"}})
	if err != nil || l.maxSize != 10_000_000 || l.maxFiles != 3 || l.buffer != 1<<20 {
		t.Errorf("%+v (%v)", l, err)
	}
}
