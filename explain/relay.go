// This file carries the story from one process to another over a socket: from a container's shim to the command that a person
// typed.
//
//	teller --> listener   Event          "about to do this"
//	teller <-- listener   Answer         (pause = simply not sending it)
//	teller --> listener   Event, done    no answer
package explain

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
