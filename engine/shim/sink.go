// This file is where output is kept. What a program writes comes in pieces; a log has lines, and a socket has messages.
package shim

import (
	"bytes"
	"time"

	"glassbox/engine/shim/wire"
)

// sink keeps output.
type sink interface {
	write(stream wire.Kind, data []byte) error
	settle() error   // the program has ended: what has no end of line is a line, too
	close() error    // settle, and nothing comes any more
	dropped() uint64 // how many lines there was no room for
}

// liner keeps lines. flush is called when all lines at hand were given.
type liner interface {
	line(stream wire.Kind, text []byte, now time.Time) error
	flush() error
	close() error
}

// openSink gives what b asks for; nil: nobody keeps the output.
func openSink(l wire.Log, pack []string) (sink, error) {
	var to several
	if l.File != "" {
		f, err := openLog(l, pack)
		if err != nil {
			return nil, err
		}
		to = append(to, f)
	}
	if l.Socket != "" {
		s, err := dialLog(l)
		if err != nil {
			return nil, err
		}
		to = append(to, s)
	}
	if len(to) == 0 {
		return nil, nil
	}
	out := &lines{to: to, partial: map[wire.Kind][]byte{}}
	if l.Buffer > 0 {
		return newRing(out, l.Buffer), nil
	}
	return out, nil
}

// longestLine bounds a line: a longer one is cut into pieces; all but the last lack the "\n".
const longestLine = 16 << 10

// lines cuts output into lines.
type lines struct {
	to      liner
	partial map[wire.Kind][]byte // the beginning of a line whose end has not come yet
}

// write passes the complete lines in data on, and keeps the rest for later.
func (l *lines) write(stream wire.Kind, data []byte) error {
	now := time.Now().UTC()
	rest := data
	if kept := l.partial[stream]; len(kept) > 0 {
		rest = append(kept, data...)
	}
	for {
		end := bytes.IndexByte(rest, '\n') + 1
		if end == 0 && len(rest) < longestLine {
			break
		}
		if end == 0 || end > longestLine {
			end = longestLine
		}
		if err := l.to.line(stream, rest[:end], now); err != nil {
			return err
		}
		rest = rest[end:]
	}
	// A copy: data is the caller's.
	l.partial[stream] = append([]byte(nil), rest...)
	return l.to.flush()
}

func (l *lines) settle() error {
	for stream, rest := range l.partial {
		if len(rest) == 0 {
			continue
		}
		if err := l.to.line(stream, rest, time.Now().UTC()); err != nil {
			return err
		}
		delete(l.partial, stream)
	}
	return l.to.flush()
}

func (l *lines) close() error {
	err := l.settle()
	if closeErr := l.to.close(); err == nil {
		err = closeErr
	}
	return err
}

func (l *lines) dropped() uint64 { return 0 }

// several keeps the same in more than one place.
type several []liner

func (s several) line(stream wire.Kind, text []byte, now time.Time) error {
	return s.each(func(l liner) error { return l.line(stream, text, now) })
}
func (s several) flush() error { return s.each(liner.flush) }
func (s several) close() error { return s.each(liner.close) }

// each does not stop at an error: one place that fails is no reason to lose the line in the other.
func (s several) each(do func(liner) error) error {
	var first error
	for _, l := range s {
		if err := do(l); err != nil && first == nil {
			first = err
		}
	}
	return first
}
