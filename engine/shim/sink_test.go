// These tests fill logs until they rotate, keep a program waiting or not, and listen on the sockets of the host's own logs.
package shim

import (
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"glassbox/engine/shim/wire"
)

func TestLogRotates(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	s, err := openSink(wire.Log{File: file, MaxSize: 500, MaxFiles: 3, Attrs: map[string]string{"a": "1"}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 40 {
		if err := s.write(wire.Output, fmt.Appendf(nil, "line %d\n", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, name := range []string{file + ".2", file + ".1", file} {
		lines := readLog(t, name)
		if len(lines) == 0 || len(lines) > 7 {
			t.Errorf("%s has %d lines", name, len(lines))
		}
		for _, l := range lines {
			all = append(all, l.Log)
		}
	}
	if all[len(all)-1] != "line 39\n" || all[0] != fmt.Sprintf("line %d\n", 40-len(all)) {
		t.Errorf("the files hold %q", all)
	}
	if _, err := os.Stat(file + ".3"); err == nil {
		t.Error("there is a file too many")
	}
	if text, _ := os.ReadFile(file); !strings.Contains(string(text), `"attrs":{"a":"1"},"time":`) {
		t.Errorf("no attributes in %s", text)
	}
}

// stuck is a place that nothing can be written to until it is let go.
type stuck struct {
	lines
	free chan struct{}
	got  int
}

func (s *stuck) write(wire.Kind, []byte) error { <-s.free; s.got++; return nil }
func (s *stuck) settle() error                 { return nil }
func (s *stuck) close() error                  { return nil }

func TestRingNeverWaitsAndCounts(t *testing.T) {
	to := &stuck{free: make(chan struct{})}
	r := newRing(to, 100)
	line := []byte(strings.Repeat("x", 39) + "\n")
	for range 10 {
		if err := r.write(wire.Output, line); err != nil { // returns at once: else this test would hang
			t.Fatal(err)
		}
	}
	close(to.free)
	if err := r.close(); err != nil {
		t.Fatal(err)
	}
	if int(r.dropped())+to.got != 10 || to.got != 2 {
		t.Errorf("%d lines were written and %d dropped, of 10", to.got, r.dropped())
	}
}

func TestLogSockets(t *testing.T) {
	for driver, want := range map[string]string{
		"syslog":   "<30>#web: hello",
		"journald": "PRIORITY=6\nCONTAINER_NAME=web\nMESSAGE\n\x05\x00\x00\x00\x00\x00\x00\x00hello\n",
	} {
		name := filepath.Join(t.TempDir(), "socket")
		l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
		if err != nil {
			t.Fatal(err)
		}
		s, err := openSink(wire.Log{Driver: driver, Socket: name, Tag: "web", Fields: []string{"CONTAINER_NAME=web"}}, nil)
		if err == nil {
			err = errors.Join(s.write(wire.Output, []byte("hello\n")), s.close())
		}
		buf := make([]byte, 1000)
		n, readErr := l.Read(buf)
		if err := errors.Join(err, readErr, l.Close()); err != nil {
			t.Fatal(err)
		}
		begin, end, _ := strings.Cut(want, "#")
		if got := string(buf[:n]); !strings.HasPrefix(got, begin) || !strings.HasSuffix(got, end) {
			t.Errorf("%s heard %q, want %q", driver, got, want)
		}
	}
	if _, err := openSink(wire.Log{Driver: "syslog", Socket: "/nowhere"}, nil); err == nil || !strings.Contains(err.Error(), "--log-driver") {
		t.Errorf("no listener: %v", err)
	}
}

// A listener that does not keep up keeps the program waiting: that is what blocking mode means.
func TestSlowSocketBlocks(t *testing.T) {
	name := filepath.Join(t.TempDir(), "socket")
	l, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	s, err := openSink(wire.Log{Driver: "syslog", Socket: name, Tag: "web"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		var err error
		for i := 0; i < 2000 && err == nil; i++ {
			err = s.write(wire.Output, []byte("hello\n"))
		}
		done <- err
	}()
	select {
	case err := <-done:
		t.Errorf("2000 lines went to a listener that does not listen (%v)", err)
	case <-time.After(200 * time.Millisecond):
	}
	l.Close() // the writer's call fails, and it ends
	<-done
}
