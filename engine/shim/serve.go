// This file serves the clients: the one that started the container, on descriptor 3, and those that connect to shim.sock.
package shim

import (
	"encoding/json"
	"fmt"

	"glassbox/engine/shim/wire"
)

// serve accepts clients until the socket is closed.
func (s *shim) serve() {
	for {
		client, err := s.listener.Accept()
		if err != nil {
			return
		}
		go s.client(client)
	}
}

// client does what the first frame asks for.
func (s *shim) client(c *wire.Conn) {
	defer c.Close()
	kind, payload, err := c.Receive()
	if err != nil {
		return // somebody looked whether we are here
	}
	switch kind {
	case wire.Attach:
		s.attach(c)
	case wire.Wait:
		s.listen(c, s.current(), false)
	case wire.Stay:
		<-s.over
	case wire.Exec:
		if err := s.exec(c, payload); err != nil {
			report(c, err)
		}
	default:
		s.obey(c, kind, payload)
	}
}

func (s *shim) attach(c *wire.Conn) {
	l, err := s.ready()
	if err != nil {
		report(c, err)
		return
	}
	s.listen(c, l, true)
}

// listen stays with a client until it hangs up.
func (s *shim) listen(c *wire.Conn, l *life, output bool) {
	l.audience.join(c, output)
	converse(c, l.io)
	l.audience.leave(c)
}

// obey does what needs a word of answer alone.
func (s *shim) obey(c *wire.Conn, kind wire.Kind, payload []byte) {
	var err error
	switch kind {
	case wire.Names:
		err = s.serveNames()
	case wire.Signal:
		err = s.signal(payload)
	case wire.Freeze:
		err = s.freeze(payload)
	case wire.Alter:
		err = s.alter(payload)
	default:
		err = fmt.Errorf("a shim does not understand the frame %q: the program is of another version", kind)
	}
	if err != nil {
		report(c, err)
		return
	}
	_ = c.Send(wire.Done, nil) // whoever does not wait for it has gone
}

// converse feeds a program with what a client sends, until that hangs up (false) or says that it has cleaned up (true). With a
// terminal there is no end of input: the person types it as ^D.
func converse(c *wire.Conn, io *stdio) (released bool) {
	for {
		kind, payload, err := c.Receive()
		if err != nil {
			return false
		}
		switch kind {
		case wire.Released:
			return true
		case wire.Input:
			io.feed(payload)
		case wire.Resize:
			var size wire.Size
			if json.Unmarshal(payload, &size) == nil {
				// A terminal that has just been closed has no size; its end is told elsewhere.
				_ = io.resize(size)
			}
		}
	}
}

// feed writes to the program's input. One that reads no more is no error: `yes | head` ends like that every day.
func (s *stdio) feed(data []byte) {
	switch {
	case s.input == nil:
	case len(data) > 0:
		_, _ = s.input.Write(data)
	case s.console == nil && !s.lasting:
		s.input.Close()
	}
}
