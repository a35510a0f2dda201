// This file lets a program go on whose log can not be written at once (--log-opt mode=non-blocking): what it writes waits in
// memory, up to a size. What comes when there is no room is lost, and counted.
package shim

import (
	"bytes"
	"sync"
	"sync/atomic"

	"glassbox/engine/shim/wire"
)

type ring struct {
	to  sink
	max int

	mu      sync.Mutex
	changed *sync.Cond
	queue   []frame
	size    int
	writing bool
	closed  bool
	err     error // the first of to
	lost    atomic.Uint64
}

func newRing(to sink, max int64) *ring {
	r := &ring{to: to, max: int(max)}
	r.changed = sync.NewCond(&r.mu)
	go r.drain()
	return r
}

// write never waits. A piece that is larger than the whole room is taken if nothing else waits.
func (r *ring) write(stream wire.Kind, data []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.size > 0 && r.size+len(data) > r.max {
		r.lost.Add(uint64(max(1, bytes.Count(data, []byte("\n")))))
		return r.err
	}
	r.queue = append(r.queue, frame{stream, append([]byte(nil), data...)})
	r.size += len(data)
	r.changed.Broadcast()
	return r.err
}

func (r *ring) drain() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		for len(r.queue) == 0 && !r.closed {
			r.changed.Wait()
		}
		if len(r.queue) == 0 {
			return
		}
		next := r.queue[0]
		r.queue, r.writing = r.queue[1:], true
		r.mu.Unlock()
		err := r.to.write(next.kind, next.payload)
		r.mu.Lock()
		r.writing, r.size = false, r.size-len(next.payload)
		if r.err == nil {
			r.err = err
		}
		r.changed.Broadcast()
	}
}

// settle waits until all is written.
func (r *ring) settle() error {
	r.wait()
	return r.to.settle()
}

func (r *ring) close() error {
	r.wait()
	r.mu.Lock()
	r.closed = true
	r.changed.Broadcast()
	r.mu.Unlock()
	return r.to.close()
}

func (r *ring) wait() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.queue) > 0 || r.writing {
		r.changed.Wait()
	}
}

func (r *ring) dropped() uint64 { return r.lost.Load() }
