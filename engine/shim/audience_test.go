// This file tests who hears what, with clients that leave and clients that do not listen.
package shim

import (
	"bytes"
	"sync"
	"testing"
	"time"

	"glassbox/engine/shim/wire"
)

// audienceOf gives the clients' ends of n connections with an audience.
func audienceOf(t *testing.T, n int) (a *audience, delivered *sync.WaitGroup, theirs []*wire.Conn) {
	t.Helper()
	delivered = &sync.WaitGroup{}
	a = newAudience(nil, delivered)
	for range n {
		ours, file, err := wire.Pair()
		if err != nil {
			t.Fatal(err)
		}
		a.join(ours, true)
		theirs = append(theirs, wire.New(file))
	}
	return a, delivered, theirs
}

func expect(t *testing.T, c *wire.Conn, want string) {
	t.Helper()
	if _, payload, err := c.Receive(); string(payload) != want || err != nil {
		t.Errorf("got %d bytes (%v), want %d", len(payload), err, len(want))
	}
}

// A client that has gone does not keep the output from the others.
func TestAudienceForgetsWhoHasGone(t *testing.T) {
	a, delivered, theirs := audienceOf(t, 2)
	theirs[0].Close()
	a.say(wire.Output, []byte("hello"))
	a.end(3, false)
	expect(t, theirs[1], "hello")
	expect(t, theirs[1], "3")
	delivered.Wait()
}

// A client that does not listen keeps the program waiting, until the program ends; then it keeps nobody, and misses nothing.
func TestAudienceWaitsUntilTheEndAlone(t *testing.T) {
	a, delivered, theirs := audienceOf(t, 1)
	piece := bytes.Repeat([]byte("x"), enough)
	said := make(chan int, 100)
	go func() {
		for i := range 10 {
			a.say(wire.Output, piece)
			said <- i
		}
		close(said)
	}()
	time.Sleep(50 * time.Millisecond)
	if n := len(said); n == 0 || n > 4 {
		t.Errorf("%d pieces were taken by a client that reads none", n)
	}
	a.hurry()
	for range said {
	}
	a.end(0, false)
	for range 10 {
		expect(t, theirs[0], string(piece))
	}
	expect(t, theirs[0], "0")
	delivered.Wait()
}

func TestLateClientHearsTheEnd(t *testing.T) {
	a, _, _ := audienceOf(t, 0)
	a.end(9, false)
	ours, file, err := wire.Pair()
	if err != nil {
		t.Fatal(err)
	}
	a.join(ours, false)
	expect(t, wire.New(file), "9")
}
