// This file shows how a pull or push goes: a bar for each layer on a terminal, a line for each change elsewhere; and how far a load is.
package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"glassbox/storage"
)

// progress hears messages from several goroutines.
type progress struct {
	mu     sync.Mutex
	out    io.Writer
	bars   *mpb.Progress // nil: not on a terminal
	layers map[string]*layerBar
}

// layerBar is what is known of one layer.
type layerBar struct {
	status atomic.Value // a string; the goroutine that draws must not wait for one that tells it something
	bar    *mpb.Bar
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, layers: map[string]*layerBar{}}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.bars = mpb.New(mpb.WithOutput(out), mpb.WithWidth(40))
	}
	return p
}

func (p *progress) hear(m storage.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.ID == "" {
		fmt.Fprintln(p.out, m.Status)
		return
	}
	l := p.layers[m.ID]
	if l == nil {
		l = &layerBar{}
		l.status.Store("")
		p.layers[m.ID] = l
	}
	changed := l.status.Swap(m.Status) != m.Status
	switch {
	case p.bars != nil:
		p.draw(l, m)
	case changed && m.Current == 0: // Downloading and Pushing, with so many bytes, are for those who see it move
		fmt.Fprintf(p.out, "%s: %s\n", m.ID, m.Status)
	}
}

func (p *progress) draw(l *layerBar, m storage.Message) {
	if l.bar == nil {
		status := decor.Any(func(decor.Statistics) string {
			return fmt.Sprintf("%s: %s", m.ID, l.status.Load())
		}, decor.WC{W: 34, C: decor.DindentRight})
		l.bar = p.bars.AddBar(m.Total, mpb.PrependDecorators(status), mpb.AppendDecorators(decor.CountersKibiByte("% .1f / % .1f")))
	}
	if m.Current > 0 {
		l.bar.SetCurrent(m.Current)
	}
}

// end leaves the last state on the screen.
func (p *progress) end() {
	if p.bars == nil {
		return
	}
	for _, l := range p.layers {
		if l.bar != nil {
			l.bar.SetTotal(-1, true)
		}
	}
	p.bars.Wait()
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
