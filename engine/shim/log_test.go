// This file tests the log's format, the audience, and the cgroup's last words.
package shim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glassbox/engine/shim/wire"
)

type logLine struct {
	Log, Stream string
	Time        time.Time
}

func readLog(t *testing.T, path string) []logLine {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []logLine
	for text := range strings.Lines(string(data)) {
		var l logLine
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		lines = append(lines, l)
	}
	return lines
}

func TestLogIsDockers(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	log, err := openLog(path)
	if err != nil {
		t.Fatal(err)
	}
	a := newAudience(log)
	long := strings.Repeat("x", longestLine+10)
	a.say(wire.Output, []byte("one\ntw"))
	a.say(wire.Errput, []byte("err \"quoted\" <&> \x01\n"))
	a.say(wire.Output, []byte("o\n"+long+"\nend"))
	if err := a.closeLog(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range readLog(t, path) {
		got = append(got, l.Stream+":"+l.Log)
		if age := time.Since(l.Time); age < 0 || age > time.Minute || l.Time.Location() != time.UTC {
			t.Errorf("%q is of %v", l.Log, l.Time)
		}
	}
	want := []string{"stdout:one\n", "stderr:err \"quoted\" <&> \x01\n", "stdout:two\n",
		"stdout:" + long[:longestLine], "stdout:" + long[longestLine:] + "\n", "stdout:end"}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("the log holds\n%q, want\n%q", got, want)
	}
}

func TestALostLogIsTold(t *testing.T) {
	full, err := openLog("/dev/full")
	if err != nil {
		t.Fatal(err)
	}
	a := newAudience(full)
	a.say(wire.Output, []byte("lost\n"))
	if err := a.closeLog(); err == nil {
		t.Error("nobody was told that the log is not complete")
	}
}

// A client that has gone does not keep the output from the others.
func TestAudienceForgetsWhoHasGone(t *testing.T) {
	a := newAudience(nil)
	var theirs []*wire.Conn
	for range 2 {
		ours, file, err := wire.Pair()
		if err != nil {
			t.Fatal(err)
		}
		theirs = append(theirs, wire.New(file))
		if err := a.join(ours, true); err != nil {
			t.Fatal(err)
		}
	}
	theirs[0].Close()
	a.say(wire.Output, []byte("hello"))
	a.end(3)
	for _, want := range []string{"hello", "3"} {
		if _, payload, err := theirs[1].Receive(); string(payload) != want || err != nil {
			t.Errorf("got %q (%v), want %q", payload, err, want)
		}
	}
	if len(a.clients) != 1 {
		t.Errorf("%d clients are remembered", len(a.clients))
	}
}

func TestOOMKills(t *testing.T) {
	v1 := "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"
	v2 := "low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\noom_group_kill 0\n"
	for text, want := range map[string]int{v1: 2, v2: 1, "oom 3\noom_kill 0\n": 0, "": 0} {
		if got := oomKills(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	killed, calm := t.TempDir(), t.TempDir()
	for dir, text := range map[string]string{killed: v1, calm: "oom_kill 0\n"} {
		if err := os.WriteFile(filepath.Join(dir, "memory.oom_control"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		dirs []string
		want bool
	}{{[]string{t.TempDir(), killed}, true}, {[]string{calm}, false}, {nil, false}} {
		if got, err := oomKilled(c.dirs); got != c.want || err != nil {
			t.Errorf("%v: %v (%v)", c.dirs, got, err)
		}
	}
}
