// This file shows how a pull or push goes: a bar for each layer on a terminal, a line for each change elsewhere; and how far a load is.
package command

import (
	"io"
	"iter"
	"sync"
	"time"

	"github.com/moby/moby/api/types/jsonstream"
	"github.com/moby/moby/client/pkg/jsonmessage"

	"glassbox/storage"
)

// progress hears messages from several goroutines. Docker's own code shows them.
type progress struct {
	mu       sync.Mutex
	layers   map[string]*layer
	messages chan jsonstream.Message
	shown    chan struct{} // is closed when all are
	ended    bool
}

// layer is what has been shown of one.
type layer struct {
	status         string
	current, total int64
	last           time.Time
}

func newProgress(out io.Writer) *progress {
	p := &progress{layers: map[string]*layer{}, messages: make(chan jsonstream.Message), shown: make(chan struct{})}
	go func() {
		defer close(p.shown)
		_ = jsonmessage.DisplayMessages(p.all(), out) // no message of ours is an error; who looks at out may have gone, and the pull goes on
	}()
	return p
}

func (p *progress) all() iter.Seq2[jsonstream.Message, error] {
	return func(yield func(jsonstream.Message, error) bool) {
		for m := range p.messages {
			yield(m, nil)
		}
	}
}

// hear shows what has changed at once, and mere bytes ten times a second.
func (p *progress) hear(m storage.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	if m.ID == "" {
		p.messages <- jsonstream.Message{Status: m.Status}
		return
	}
	l := p.layers[m.ID]
	if l == nil {
		l = &layer{}
		p.layers[m.ID] = l
	}
	changed, now := l.status != m.Status, time.Now()
	l.status, l.current, l.total = m.Status, m.Current, max(l.total, m.Total)
	if !changed && (m.Current == 0 || m.Current < l.total && now.Sub(l.last) < 100*time.Millisecond) {
		return
	}
	l.last = now
	p.messages <- jsonstream.Message{ID: m.ID, Status: m.Status, Progress: l.progress()}
}

// progress has the total only with the bytes: where no terminal is, what has a total is not shown.
func (l *layer) progress() *jsonstream.Progress {
	if l.current == 0 {
		return &jsonstream.Progress{}
	}
	return &jsonstream.Progress{Current: l.current, Total: l.total}
}

// end waits until all is shown.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = true
	close(p.messages)
	<-p.shown
}

// watched is an archive that is being loaded.
type watched struct {
	io.Reader
	progress *progress
	n, total int64 // total is 0 for what comes through a pipe
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.n += int64(n)
	status := "Reading"
	if err != nil || w.n == w.total {
		status = "Unpacking"
	}
	w.progress.hear(storage.Message{ID: "archive", Status: status, Current: w.n, Total: w.total})
	return n, err
}
