// This file tests the protocol over real sockets.
package wire

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

func TestFramesArriveWholeAndInOrder(t *testing.T) {
	ours, theirs, err := Pair()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	other := New(theirs)
	big := bytes.Repeat([]byte("glass"), 100_000)
	sent := make(chan error, 1)
	go func() {
		sent <- errors.Join(other.Send(Output, big), other.Send(Input, nil), other.SendJSON(Exited, 7), other.Close())
	}()
	for _, want := range []struct {
		kind    Kind
		payload string
	}{{Output, string(big)}, {Input, ""}, {Exited, "7"}} {
		kind, payload, err := ours.Receive()
		if err != nil || kind != want.kind || string(payload) != want.payload {
			t.Fatalf("got %q with %d bytes (%v), want %q with %d", kind, len(payload), err, want.kind, len(want.payload))
		}
	}
	if _, _, err := ours.Receive(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v, want EOF", err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestGarbageIsRefused(t *testing.T) {
	c := New(struct {
		io.Reader
		io.WriteCloser
	}{Reader: strings.NewReader("GET / HTTP/1.1\r\n")})
	if _, _, err := c.Receive(); err == nil || !strings.Contains(err.Error(), "not the other end") {
		t.Errorf("got %v", err)
	}
}

// A socket's address holds 107 bytes; state directories of tests are longer than that.
func TestSocketInADeepDirectory(t *testing.T) {
	for _, dir := range []string{t.TempDir(), filepath.Join(t.TempDir(), strings.Repeat("d", 150))} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if _, err := Dial(dir); err == nil {
			t.Fatal("connected with nobody")
		}
		l, err := Listen(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		go func() {
			if c, err := l.Accept(); err == nil {
				c.Send(Done, nil)
				c.Close()
			}
		}()
		c, err := Dial(dir)
		if err != nil {
			t.Fatal(err)
		}
		if kind, _, err := c.Receive(); kind != Done || err != nil {
			t.Errorf("%s: got %q (%v)", dir, kind, err)
		}
		c.Close()
	}
}

// The lock tells about another process, and is gone with it however it ends.
func TestLockEndsWithItsHolder(t *testing.T) {
	testkit.Need(t, testkit.Binary("sleep"))
	dir := t.TempDir()
	if Alive(dir) {
		t.Fatal("alive before anything was")
	}
	holder := exec.Command(os.Args[0], "-test.run=TestLockHolder")
	holder.Env = append(os.Environ(), "LOCK_IN="+dir)
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if seen, again := Alive(dir), Alive(dir); !seen || !again {
		t.Error("the holder is not seen")
	}
	if _, err := Lock(dir); err == nil {
		t.Error("two hold the lock")
	}
	if err := holder.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := AwaitDeath(dir); err != nil {
		t.Error(err)
	}
	if Alive(dir) {
		t.Error("alive after its death")
	}
	if err := holder.Wait(); err == nil {
		t.Error("a killed process ended well")
	}
}

// TestLockHolder is the other process of the test above.
func TestLockHolder(t *testing.T) {
	dir := os.Getenv("LOCK_IN")
	if dir == "" {
		return
	}
	if _, err := Lock(dir); err != nil {
		t.Fatal(err)
	}
	os.Stdout.WriteString("locked")
	select {}
}

func TestStatusIsReplacedWhole(t *testing.T) {
	dir := t.TempDir()
	if _, ok, err := ReadStatus(dir); ok || err != nil {
		t.Fatalf("a status out of nothing: %v", err)
	}
	want := Status{State: Ended, ExitCode: 3, OOMKilled: true}
	if err := want.Write(dir); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := ReadStatus(dir); got != want || !ok || err != nil {
		t.Errorf("got %+v (%v)", got, err)
	}
	if err := os.WriteFile(filepath.Join(dir, StatusFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := ReadStatus(dir); err == nil {
		t.Error("half a status was read")
	}
}
