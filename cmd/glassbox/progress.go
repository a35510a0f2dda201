// This file shows how a pull or push goes: a bar for each layer on a terminal, a line for each change elsewhere; and how far a load is.
package main

import (
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"

	"glassbox/storage"
)

// progress hears messages from several goroutines.
type progress struct {
	mu     sync.Mutex
	out    io.Writer
	layers map[string]*bar
	bars   *bars // nil: not on a terminal
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, layers: map[string]*bar{}}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bars = &bars{out: f}
	}
	return p
}

func (p *progress) hear(m storage.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.ID == "" {
		p.bars.leave()
		fmt.Fprintln(p.out, m.Status)
		return
	}
	l := p.layers[m.ID]
	if l == nil {
		l = &bar{id: m.ID}
		p.layers[m.ID] = l
		p.bars.add(l)
	}
	changed := l.status != m.Status
	l.status, l.total = m.Status, max(l.total, m.Total)
	switch {
	case m.Current > 0:
		l.current = m.Current
	case l.current > 0: // what comes after the bytes is told without them
		l.current = l.total
	}
	switch {
	case p.bars != nil:
		p.bars.draw(changed)
	case changed && m.Current == 0: // Downloading and Pushing, with so many bytes, are for those who see it move
		fmt.Fprintf(p.out, "%s: %s\n", m.ID, m.Status)
	}
}

// end leaves the last state on the screen.
func (p *progress) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bars != nil {
		p.bars.draw(true)
	}
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
