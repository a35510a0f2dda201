// This file is who hears what a program writes: the log, and any number of clients that come and go.
package shim

import (
	"sync"

	"glassbox/engine/shim/wire"
)

// audience passes output on. A client that reads slowly slows the program down, as a pipe would; one that has gone is forgotten.
type audience struct {
	mu      sync.Mutex
	log     *logFile            // nil: nobody keeps it
	logErr  error               // the first loss
	clients map[*wire.Conn]bool // true: wants the output, not just the end
	ended   bool
	code    int
}

func newAudience(log *logFile) *audience {
	return &audience{log: log, clients: map[*wire.Conn]bool{}}
}

// join adds a client. One that comes after the end is told the exit code at once.
func (a *audience) join(c *wire.Conn, output bool) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return c.SendJSON(wire.Exited, a.code)
	}
	a.clients[c] = output
	return nil
}

func (a *audience) leave(c *wire.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.clients, c)
}

// say hands a piece of output to the log and to all clients.
func (a *audience) say(stream wire.Kind, data []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.log != nil {
		if err := a.log.write(stream, data); err != nil && a.logErr == nil {
			a.logErr = err
		}
	}
	for c, output := range a.clients {
		if output && c.Send(stream, data) != nil {
			delete(a.clients, c)
		}
	}
}

// closeLog returns the first error that the log met.
func (a *audience) closeLog() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.log.close(); a.logErr == nil {
		a.logErr = err
	}
	a.log = nil
	return a.logErr
}

// end tells everybody the exit code, after all output. Who has gone need not hear it.
func (a *audience) end(code int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended, a.code = true, code
	for c := range a.clients {
		_ = c.SendJSON(wire.Exited, code)
	}
}
