// This file reads what a container has written, and what it goes on to write, across the files that a log consists of.
package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"glassbox/engine/shim/wire"
)

// entry is one line of the log: see package shim, log.go.
type entry struct {
	Log    string            `json:"log"`
	Stream string            `json:"stream"`
	Attrs  map[string]string `json:"attrs"`
	Time   time.Time         `json:"time"`
}

// Logs writes a container's output. With Follow it ends when the container does for good, or ctx.
func (e *Engine) Logs(ctx context.Context, ref string, r LogsRequest) error {
	record, err := e.find(ref)
	if err != nil {
		return err
	}
	path := e.logPath(record)
	if path == "" {
		return fmt.Errorf("the log of %s can not be read: its log driver %s keeps none", record.Name, record.Request.Upkeep.Log.Driver)
	}
	if r.Follow && !exists(path) { // while a full file is replaced, there is none for a moment
		status, err := e.status(record.ID)
		if err != nil {
			return err
		}
		if status.State == wire.Created {
			return fmt.Errorf("follow the log of %s: it has never been started", record.Name)
		}
	}
	l := &logReader{LogsRequest: r, files: logFiles{path: path}, midLine: map[string]bool{}}
	defer l.files.close()
	if !r.Follow {
		return l.past()
	}
	changes, err := watch(path)
	if err != nil {
		return err
	}
	defer changes.Close()
	if err := l.past(); err != nil {
		return err
	}
	return l.follow(ctx, changes, e.ended(ctx, record.ID))
}

// ended closes a channel when nobody looks after the container any more.
func (e *Engine) ended(ctx context.Context, id string) <-chan error {
	done := make(chan error, 1)
	go func() { done <- e.outlive(ctx, id) }()
	return done
}

// logReader writes in large pieces, and in the order of the log: what waits is all of one stream.
type logReader struct {
	LogsRequest
	files   logFiles
	midLine map[string]bool
	waiting []byte
	stream  string // of what waits
	over    bool   // what comes is later than Until
}

// past writes what is there; with Tail, the last lines of it.
func (l *logReader) past() error {
	if l.Tail < 0 {
		return l.rest()
	}
	var last []entry
	for {
		got, ok, err := l.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if last = append(last, got); len(last) > l.Tail {
			last = last[1:]
		}
	}
	for _, got := range last {
		if err := l.print(got); err != nil {
			return err
		}
	}
	return l.flush()
}

// rest writes what is left until the end of the log.
func (l *logReader) rest() error {
	for {
		got, ok, err := l.next()
		if err != nil {
			return err
		}
		if !ok {
			return l.flush()
		}
		if err := l.print(got); err != nil {
			return err
		}
	}
}

// next returns the next line that is wanted; ok is false at the end of what is there.
func (l *logReader) next() (got entry, ok bool, err error) {
	for !l.over {
		line, ok, err := l.files.line()
		if err != nil || !ok {
			return got, false, err
		}
		got = entry{}
		if err := json.Unmarshal(bytes.TrimSpace(line), &got); err != nil {
			return got, false, fmt.Errorf("read the log: the line %q: %w", line, err)
		}
		if !l.Until.IsZero() && got.Time.After(l.Until) {
			l.over = true
		} else if !got.Time.Before(l.Since) {
			return got, true, nil
		}
	}
	return got, false, nil
}

func (l *logReader) print(got entry) error {
	if got.Stream != l.stream || len(l.waiting) > 32<<10 {
		if err := l.flush(); err != nil {
			return err
		}
		l.stream = got.Stream
	}
	if !l.midLine[got.Stream] {
		if l.Timestamps {
			l.waiting = append(got.Time.AppendFormat(l.waiting, timeLayout), ' ')
		}
		if l.Details {
			l.waiting = append(append(l.waiting, details(got.Attrs)...), ' ')
		}
	}
	l.waiting = append(l.waiting, got.Log...)
	l.midLine[got.Stream] = got.Log != "" && got.Log[len(got.Log)-1] != '\n'
	return nil
}

// timeLayout is RFC 3339 with all nine digits: lines stay aligned, as Docker has them.
const timeLayout = "2006-01-02T15:04:05.000000000Z07:00"

func details(attrs map[string]string) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(attrs)) {
		words = append(words, name+"="+attrs[name])
	}
	return strings.Join(words, ",")
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
