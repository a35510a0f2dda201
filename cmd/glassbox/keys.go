// This file reads what is typed: the keys ctrl-p ctrl-q leave a container to itself; and a question can be called off.
package main

import (
	"context"
	"io"
)

// detachKeys is a reader that looks for ctrl-p ctrl-q among what is typed.
type detachKeys struct {
	from   io.Reader
	detach func()
	armed  bool // ctrl-p was the last key
}

const ctrlP, ctrlQ = 0x10, 0x11

// Read keeps a ctrl-p back until the next key shows that it was meant for the program.
func (d *detachKeys) Read(p []byte) (int, error) {
	if len(p) < 2 {
		return 0, io.ErrShortBuffer
	}
	typed := make([]byte, len(p)/2)
	n, err := d.from.Read(typed)
	out := p[:0]
	for _, key := range typed[:n] {
		switch {
		case d.armed && key == ctrlQ:
			d.detach()
			return len(out), io.EOF
		case key == ctrlP && !d.armed:
			d.armed = true
		case d.armed:
			d.armed = false
			out = append(out, ctrlP, key)
		default:
			out = append(out, key)
		}
	}
	return len(out), err
}

// untilDone is a reader that gives up when ctx ends, which a read of a terminal would not notice.
type untilDone struct {
	ctx  context.Context
	from io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	read := make(chan result, 1)
	buffer := make([]byte, len(p))
	go func() {
		n, err := u.from.Read(buffer)
		read <- result{n, err}
	}()
	select {
	case <-u.ctx.Done():
		return 0, context.Cause(u.ctx)
	case r := <-read:
		return copy(p, buffer[:r.n]), r.err
	}
}
