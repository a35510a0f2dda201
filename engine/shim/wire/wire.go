// Package wire is how the engine and a container's shim talk: frames on a unix socket. The engine that starts a container holds
// one end of a socket pair whose other end is the shim's descriptor 3; everybody else connects to shim.sock.
//
//	frame = kind (1 byte), length (4 bytes, big endian), payload
//
//	descriptor 3                                 shim.sock: one of these first
//	  engine                  shim                 engine            shim
//	    Prepare   ------------>                      Attach  --------->   then as below, from Output on
//	    Enter     ------------>                      Wait    --------->   then as below, from Exited on
//	    Start     ------------>                      Exec    --------->   then as below, from Started on
//	    <-- Told, Answer -->        (if it asked)    Signal  --------->   and so Freeze, Alter, Names
//	    <------------   Started                              <---------   Done or Failed
//	      or            Failed
//	    Input, Resize  ------->
//	    <------   Output, Errput
//	    <------------   Exited, or Returns
//	    Released  ------------>   "I have cleaned up"; who hangs up without saying so leaves that to the shim
//	    <------------   Done        "I, too". With --rm the engine removes the record then, and hangs up;
//	                                what is left are files, and the shim removes them
//
// Input without payload is the end of the input. A client that hangs up leaves the program running.
package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"glassbox/kernel/quickjson"
)

// Kind says what a frame means.
type Kind byte

// The frames; the payload is JSON unless said otherwise.
const (
	Prepare  Kind = 'B' // Birth
	Enter    Kind = 'E' // nothing: the namespaces are there
	Start    Kind = 'G' // nothing: the network is there, too
	Attach   Kind = 'A' // nothing
	Wait     Kind = 'W' // nothing
	Exec     Kind = 'X' // Program
	Signal   Kind = 'K' // Sign
	Freeze   Kind = 'Z' // whether to freeze or to thaw
	Alter    Kind = 'P' // Change
	Stay     Kind = 'Y' // nothing: the shim hangs up when it ends
	Names    Kind = 'N' // nothing: the container may now hear names
	Input    Kind = 'i' // bytes for the program
	Resize   Kind = 'w' // Size
	Answer   Kind = 'g' // explain.Answer
	Released Kind = 'r' // nothing
	Told     Kind = 'e' // explain.Event
	Started  Kind = 'S' // the process's id
	Failed   Kind = 'F' // Failure
	Output   Kind = '1' // bytes of its standard output or its terminal
	Errput   Kind = '2' // bytes of its standard error
	Exited   Kind = 'Q' // the exit code
	Returns  Kind = 'R' // the exit code of a program that will be started again
	Done     Kind = 'D' // nothing
)

// longest bounds a frame: a longer one is garbage.
const longest = 16 << 20

// Conn is one end of a conversation. Frames may be sent from several goroutines, and received in one.
type Conn struct {
	rw      io.ReadWriteCloser
	sending sync.Mutex
	out, in []byte
}

// New talks over rw.
func New(rw io.ReadWriteCloser) *Conn { return &Conn{rw: rw} }

// Close hangs up; who waits in Receive returns.
func (c *Conn) Close() error { return c.rw.Close() }

// Send sends one frame.
func (c *Conn) Send(k Kind, payload []byte) error {
	c.sending.Lock()
	defer c.sending.Unlock()
	c.out = append(c.out[:0], byte(k), 0, 0, 0, 0)
	binary.BigEndian.PutUint32(c.out[1:], uint32(len(payload)))
	c.out = append(c.out, payload...)
	_, err := c.rw.Write(c.out)
	return err
}

// SendJSON sends a frame with a value.
func (c *Conn) SendJSON(k Kind, v any) error {
	payload, err := quickjson.Marshal(v)
	if err != nil {
		return fmt.Errorf("send %T: %w", v, err)
	}
	return c.Send(k, payload)
}

// Receive waits for a frame. The payload is valid until the next call. io.EOF: the other end has hung up.
func (c *Conn) Receive() (Kind, []byte, error) {
	var head [5]byte
	if _, err := io.ReadFull(c.rw, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[1:])
	if n > longest {
		return 0, nil, fmt.Errorf("receive: a frame %q of %d bytes: this is not the other end of a shim's socket", head[0], n)
	}
	if uint32(cap(c.in)) < n {
		c.in = make([]byte, n)
	}
	c.in = c.in[:n]
	if _, err := io.ReadFull(c.rw, c.in); err != nil {
		return 0, nil, fmt.Errorf("receive the rest of a frame: %w", err)
	}
	return Kind(head[0]), c.in, nil
}
