// This file serves the clients: the one that started the container, on descriptor 3, and those that connect to shim.sock.
package shim

import (
	"encoding/json"
	"fmt"

	"golang.org/x/sys/unix"

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
	case wire.Attach, wire.Wait:
		s.audience.join(c, kind == wire.Attach)
		converse(c, s.io)
		s.audience.leave(c)
	case wire.Exec:
		if err := s.exec(c, payload); err != nil {
			report(c, err)
		}
	case wire.Signal:
		if err := s.signal(payload); err != nil {
			report(c, err)
			return
		}
		_ = c.Send(wire.Done, nil) // whoever does not wait for it has gone
	default:
		report(c, fmt.Errorf("a shim does not understand the frame %q: the program is of another version", kind))
	}
}

func (s *shim) signal(payload []byte) error {
	var number int
	if err := json.Unmarshal(payload, &number); err != nil {
		return fmt.Errorf("read the signal: %w", err)
	}
	return s.container.Kill(unix.Signal(number), false)
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
	case s.console == nil:
		s.input.Close()
	}
}
