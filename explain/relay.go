// This file carries the story from one process to another over a socket: from the copy of ourselves inside the new
// namespaces to the one outside, and from a container's shim to the command that a person typed.
//
//	teller --> listener   Event          "about to do this"
//	teller <-- listener   Answer         (pause = simply not sending it)
//	teller --> listener   Event, done    no answer
package explain

import (
	"encoding/json"
	"io"
)

// Wire is one end of a socket on which JSON values follow each other.
type Wire struct {
	enc *json.Encoder
	dec *json.Decoder
}

// NewWire reads and writes on rw.
func NewWire(rw io.ReadWriter) *Wire {
	enc := json.NewEncoder(rw)
	enc.SetEscapeHTML(false)
	return &Wire{enc: enc, dec: json.NewDecoder(rw)}
}

// Send writes one value.
func (w *Wire) Send(v any) error { return w.enc.Encode(v) }

// Receive reads one value; io.EOF when the other end is gone.
func (w *Wire) Receive(v any) error { return w.dec.Decode(v) }

// Relay is a Listener whose ears are at the other end of the wire. A broken wire answers Quit: nobody is left to decide.
func Relay(send func(Event) error, receive func() (Answer, error)) Listener {
	return ListenerFunc(func(e Event) Answer {
		if err := send(e); err != nil {
			return Quit
		}
		if e.Done {
			return Go
		}
		a, err := receive()
		if err != nil {
			return Quit
		}
		return a
	})
}
