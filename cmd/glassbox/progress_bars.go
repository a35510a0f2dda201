// This file draws bars on a terminal: a line for each layer, again and again in the same place. man 4 console_codes.
package main

import (
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// bar is what is known of one layer.
type bar struct {
	id, status     string
	current, total int64 // bytes; total is 0 where nobody knows
}

// bars are those on one screen.
type bars struct {
	out   *os.File
	list  []*bar
	lines int // that were drawn, and are above the cursor
	last  time.Time
}

func (b *bars) add(l *bar) {
	if b != nil {
		b.list = append(b.list, l)
	}
}

// leave lets what has been drawn stand: something else comes below it.
func (b *bars) leave() {
	if b != nil {
		b.lines = 0
	}
}

// draw draws what has changed at once, and mere bytes ten times a second. There is no going back to a line that has left the screen,
// so only the newest bars are drawn that have room on it.
func (b *bars) draw(changed bool) {
	if !changed && time.Since(b.last) < 100*time.Millisecond {
		return
	}
	b.last = time.Now()
	columns, rows, err := term.GetSize(int(b.out.Fd()))
	if err != nil || columns == 0 || rows == 0 { // as over a serial line
		columns, rows = 80, 24
	}
	var text strings.Builder
	if b.lines > 0 {
		fmt.Fprintf(&text, "\x1b[%dA", b.lines) // up
	}
	shown := b.list[max(0, len(b.list)-rows+1):]
	for _, l := range shown {
		fmt.Fprintf(&text, "%.*s\x1b[K\n", columns-1, l.line()) // and what the line was longer before is erased
	}
	b.lines = len(shown)
	_, _ = b.out.WriteString(text.String()) // a terminal that has gone shows nothing, and the pull goes on
}

// line is one layer as it is drawn: 8a3f21c0ffee: Downloading        [===========>            ] 14MB / 30MB
func (l *bar) line() string {
	text := fmt.Sprintf("%-34s", l.id+": "+l.status)
	if l.total == 0 {
		return text
	}
	const width = 24
	done := strings.Repeat("=", int(width*min(l.current, l.total)/l.total))
	if len(done) < width {
		done += ">"
	}
	return fmt.Sprintf("%s[%-*s] %s / %s", text, width, done, human(l.current), human(l.total))
}
