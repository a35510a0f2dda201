// This file is who hears what a program writes: the log, and any number of clients that come and go.
package shim

import (
	"strconv"
	"sync"

	"glassbox/engine/shim/wire"
)

// audience passes output on.
type audience struct {
	mu         sync.Mutex
	log        sink  // nil: nobody keeps it
	logErr     error // the first loss
	clients    map[*wire.Conn]*client
	ended      bool
	code       int
	returns    bool            // it will be started again
	delivering *sync.WaitGroup // what clients have not read yet
}

func newAudience(log sink, delivering *sync.WaitGroup) *audience {
	return &audience{log: log, clients: map[*wire.Conn]*client{}, delivering: delivering}
}

// join adds a client; with output false it wants to hear of the end alone. One that comes after the end hears it at once.
func (a *audience) join(conn *wire.Conn, output bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := newClient(conn, output)
	if a.ended {
		a.tellEnd(c)
		go c.deliver()
		return
	}
	a.delivering.Go(c.deliver)
	a.clients[conn] = c
}

func (a *audience) leave(conn *wire.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.clients[conn]; c != nil {
		c.set(&c.gone)
		delete(a.clients, conn)
	}
}

// say hands a piece of output to the log and to all clients that want it.
func (a *audience) say(stream wire.Kind, data []byte) {
	for _, c := range a.keep(stream, data) {
		c.put(stream, data)
	}
}

// keep writes the log and returns who is to hear the same.
func (a *audience) keep(stream wire.Kind, data []byte) []*client {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.log != nil {
		if err := a.log.write(stream, data); err != nil && a.logErr == nil {
			a.logErr = err
		}
	}
	var listeners []*client
	for _, c := range a.clients {
		if c.output {
			listeners = append(listeners, c)
		}
	}
	return listeners
}

// hurry is called when the program has ended: from now on nobody waits for a client.
func (a *audience) hurry() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, c := range a.clients {
		c.set(&c.hurry)
	}
}

// end tells everybody the exit code, after all output, and whether the program will be started again.
func (a *audience) end(code int, returns bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended, a.code, a.returns = true, code, returns
	for _, c := range a.clients {
		a.tellEnd(c)
	}
}

func (a *audience) tellEnd(c *client) {
	kind := wire.Exited
	if a.returns {
		kind = wire.Returns
	}
	c.put(kind, strconv.AppendInt(nil, int64(a.code), 10))
	c.set(&c.closed)
}
