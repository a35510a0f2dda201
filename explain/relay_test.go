// These tests tell a story across a real socket, and cut it.
package explain

import (
	"encoding/json"
	"errors"
	"os"
	"syscall"
	"testing"
)

// wire is one end of a socket on which JSON values follow each other.
type wire struct {
	*json.Encoder
	*json.Decoder
}

func (w wire) Send(v any) error    { return w.Encode(v) }
func (w wire) Receive(v any) error { return w.Decode(v) }

// wires are the two ends of a socket; both are closed at the end of the test.
func wires(t *testing.T) (teller, listener wire, cut func()) {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, b := os.NewFile(uintptr(fds[0]), "teller"), os.NewFile(uintptr(fds[1]), "listener")
	t.Cleanup(func() { a.Close() })
	end := func(f *os.File) wire { return wire{json.NewEncoder(f), json.NewDecoder(f)} }
	return end(a), end(b), func() { b.Close() }
}

func relayOver(w wire) Listener {
	return Relay(func(e Event) error { return w.Send(e) }, func() (a Answer, err error) {
		err = w.Receive(&a)
		return a, err
	})
}

// A plan that is run at one end is heard and answered at the other.
func TestRelay(t *testing.T) {
	teller, listener, cut := wires(t)
	heard := make(chan []Event)
	go func() {
		var story []Event
		for {
			var e Event
			if listener.Receive(&e) != nil {
				heard <- story
				return
			}
			story = append(story, e)
			if !e.Done && listener.Send(map[string]Answer{"Do b": Skip, "Do c": Fail}[e.Title]) != nil {
				cut()
			}
		}
	}()
	d := &diary{}
	r := Runner{Listener: relayOver(teller), Inside: true}
	err := r.Run(d.act("a", nil, nil), d.act("b", nil, nil), d.act("c", nil, nil))
	if !errors.Is(err, syscall.EPERM) || d.String() != "a" {
		t.Errorf("did %q (%v)", d, err)
	}
	if err := teller.Send("the end: no event"); err != nil {
		t.Fatal(err)
	}
	story := <-heard
	if len(story) != 6 || !story[0].Inside || story[0].Done || !story[1].Done || !story[3].Skipped || story[5].Error == "" {
		t.Errorf("heard %+v", story)
	}
	if story[0].Ops[0] != (Told{Call: "a()", Shell: "a", Undo: "una"}) {
		t.Errorf("heard %+v", story[0].Ops)
	}
	cut()
}

// A wire that breaks answers Quit, whichever half of the exchange it breaks in.
func TestBrokenWireQuits(t *testing.T) {
	t.Run("before it is told", func(t *testing.T) {
		teller, _, cut := wires(t)
		cut()
		if got := relayOver(teller).Hear(Event{}); got != Quit {
			t.Errorf("answered %v", got)
		}
	})
	t.Run("before it is answered", func(t *testing.T) {
		teller, listener, cut := wires(t)
		go func() {
			var e Event
			if listener.Receive(&e) == nil {
				cut()
			}
		}()
		if got := relayOver(teller).Hear(Event{Title: "x"}); got != Quit {
			t.Errorf("answered %v", got)
		}
	})
	t.Run("control: whole", func(t *testing.T) {
		teller, listener, cut := wires(t)
		defer cut()
		go func() {
			var e Event
			if listener.Receive(&e) == nil && listener.Send(Skip) != nil {
				cut()
			}
		}()
		if got := relayOver(teller).Hear(Event{Title: "x"}); got != Skip {
			t.Errorf("answered %v", got)
		}
	})
}
