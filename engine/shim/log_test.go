// This file tests the log's format and the cgroup's last words.
package shim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
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
	log, err := openSink(wire.Log{File: path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := newAudience(log, &sync.WaitGroup{})
	long := strings.Repeat("x", longestLine+10)
	a.say(wire.Output, []byte("one\ntw"))
	a.say(wire.Errput, []byte("err \"quoted\" <&> \x01\n"))
	a.say(wire.Output, []byte("o\n"+long+"\nend"))
	if err := log.close(); err != nil {
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

// Whatever a program writes, the line is JSON, and means what encoding/json would make of it.
func TestQuotingIsJSON(t *testing.T) {
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	for _, text := range []string{string(all), "ünïcödé ✓ \U0001f600", "a\xffb\xe2\x82", "", `\"`} {
		var got, want string
		if err := json.Unmarshal(appendQuoted(nil, []byte(text)), &got); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(quoted, &want); err != nil || got != want {
			t.Errorf("%q became %q, want %q (%v)", text, got, want, err)
		}
	}
}

func TestALostLogIsTold(t *testing.T) {
	full, err := openSink(wire.Log{File: "/dev/full"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := newAudience(full, &sync.WaitGroup{})
	a.say(wire.Output, []byte("lost\n"))
	if a.logErr == nil {
		t.Error("nobody was told that the log is not complete")
	}
}
