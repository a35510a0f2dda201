// This file is one listener of an audience. What it is to hear waits in a queue: a person who has stopped the terminal (^S, ^Z)
// may keep the program waiting, as any pipe does, but neither its signals nor its end.
package shim

import (
	"sync"

	"glassbox/engine/shim/wire"
)

// enough is how many bytes wait for a client before the program has to.
const enough = 256 << 10

type client struct {
	conn   *wire.Conn
	output bool // wants to hear the output, not just the end

	mu      sync.Mutex
	changed *sync.Cond
	queue   []frame
	size    int
	hurry   bool // the program has ended: what it has left is little, and nobody may wait
	closed  bool // nothing comes any more
	gone    bool
}

type frame struct {
	kind    wire.Kind
	payload []byte
}

func newClient(conn *wire.Conn, output bool) *client {
	c := &client{conn: conn, output: output}
	c.changed = sync.NewCond(&c.mu)
	return c
}

// put queues a frame, and waits while too much is waiting.
func (c *client) put(kind wire.Kind, payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.size > enough && !c.hurry && !c.gone {
		c.changed.Wait()
	}
	if c.gone {
		return
	}
	c.queue = append(c.queue, frame{kind, append([]byte(nil), payload...)})
	c.size += len(payload)
	c.changed.Broadcast()
}

// set changes one of the flags.
func (c *client) set(flag *bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*flag = true
	c.changed.Broadcast()
}

// take returns all that waits; nothing means that nothing will come.
func (c *client) take() []frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) == 0 && !c.closed && !c.gone {
		c.changed.Wait()
	}
	frames := c.queue
	c.queue, c.size = nil, 0
	c.changed.Broadcast()
	return frames
}

// deliver sends until nothing comes any more, or the client has gone.
func (c *client) deliver() {
	for {
		frames := c.take()
		if len(frames) == 0 {
			return
		}
		for _, f := range frames {
			if c.conn.Send(f.kind, f.payload) != nil {
				c.set(&c.gone)
				return
			}
		}
	}
}
