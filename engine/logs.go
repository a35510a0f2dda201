// This file reads what a container has written, and what it goes on to write.
package engine

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// entry is one line of the log: see package shim, log.go.
type entry struct {
	Log    string    `json:"log"`
	Stream string    `json:"stream"`
	Time   time.Time `json:"time"`
}

// Logs writes a container's output. With Follow it ends when the container does, or ctx.
func (e *Engine) Logs(ctx context.Context, ref string, r LogsRequest) error {
	record, err := e.find(ref)
	if err != nil {
		return err
	}
	f, err := os.Open(e.logFile(record.ID))
	if errors.Is(err, fs.ErrNotExist) && !r.Follow {
		return nil // never started
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("follow the log of %s: it has never been started", record.Name)
	}
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	defer f.Close()
	l := &logReader{LogsRequest: r, in: bufio.NewReaderSize(f, 64<<10), midLine: map[string]bool{}}
	if !r.Follow {
		return l.past()
	}
	changes, err := watch(f.Name())
	if err != nil {
		return err
	}
	defer changes.Close()
	if err := l.past(); err != nil {
		return err
	}
	return l.follow(ctx, changes, e.ended(ctx, record.ID))
}

// ended closes a channel when the container has ended.
func (e *Engine) ended(ctx context.Context, id string) <-chan error {
	done := make(chan error, 1)
	go func() {
		_, err := e.await(ctx, id)
		done <- err
	}()
	return done
}

// logReader writes in large pieces, and in the order of the log: what waits is all of one stream.
type logReader struct {
	LogsRequest
	in      *bufio.Reader
	partial []byte // of a line that is being written
	midLine map[string]bool
	waiting []byte
	stream  string // of what waits
}

// past writes what is there; with Tail, the last lines of it.
func (l *logReader) past() error {
	if l.Tail < 0 {
		return l.rest()
	}
	var last [][]byte
	for {
		line, err := l.line()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if last = append(last, line); len(last) > l.Tail {
			last = last[1:]
		}
	}
	for _, line := range last {
		if err := l.print(line); err != nil {
			return err
		}
	}
	return l.flush()
}

// rest writes what is left until the end of the file.
func (l *logReader) rest() error {
	for {
		line, err := l.line()
		if errors.Is(err, io.EOF) {
			return l.flush()
		}
		if err == nil {
			err = l.print(line)
		}
		if err != nil {
			return err
		}
	}
}

// line returns the next whole line; the beginning of one waits for its end.
func (l *logReader) line() ([]byte, error) {
	part, err := l.in.ReadBytes('\n')
	l.partial = append(l.partial, part...)
	if err != nil {
		if errors.Is(err, io.EOF) {
			return nil, io.EOF
		}
		return nil, fmt.Errorf("read the log: %w", err)
	}
	line := l.partial
	l.partial = nil
	return line, nil
}

func (l *logReader) print(line []byte) error {
	var got entry
	if err := json.Unmarshal(bytes.TrimSpace(line), &got); err != nil {
		return fmt.Errorf("read the log: the line %q: %w", line, err)
	}
	if got.Time.Before(l.Since) {
		return nil
	}
	if got.Stream != l.stream || len(l.waiting) > 32<<10 {
		if err := l.flush(); err != nil {
			return err
		}
		l.stream = got.Stream
	}
	if l.Timestamps && !l.midLine[got.Stream] {
		l.waiting = append(got.Time.AppendFormat(l.waiting, time.RFC3339Nano), ' ')
	}
	l.waiting = append(l.waiting, got.Log...)
	l.midLine[got.Stream] = got.Log != "" && got.Log[len(got.Log)-1] != '\n'
	return nil
}

func (l *logReader) flush() error {
	w := l.Stdout
	if l.stream == "stderr" {
		w = l.Stderr
	}
	err := write(w, l.waiting)
	l.waiting = l.waiting[:0]
	return err
}
