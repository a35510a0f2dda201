// This file reads the files of a log as one: NAME.2.gz, NAME.1, NAME, the oldest first. While it reads, the writer may begin a new
// file: then NAME.1 is what was NAME a moment ago.
package engine

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

type logFiles struct {
	path    string
	begun   bool
	older   []string // not read yet, the oldest last
	file    *os.File // nil: none
	in      *bufio.Reader
	partial []byte // of a line that is being written
}

func (l *logFiles) close() {
	if l.file != nil {
		l.file.Close()
		l.file = nil
	}
}

// line returns the next whole line; ok is false when there is none yet.
func (l *logFiles) line() (line []byte, ok bool, err error) {
	for {
		if l.file == nil {
			if more, err := l.open(); err != nil || !more {
				return nil, false, err
			}
		}
		part, err := l.in.ReadBytes('\n')
		l.partial = append(l.partial, part...)
		if err == nil {
			line, l.partial = l.partial, nil
			return line, true, nil
		}
		if !errors.Is(err, io.EOF) {
			return nil, false, fmt.Errorf("read the log: %w", err)
		}
		if l.isLast() {
			return nil, false, nil
		}
		// It was put away, and may have grown since we met its end.
		if grown, err := l.in.Peek(1); len(grown) > 0 && err == nil {
			continue
		}
		l.close()
	}
}

// isLast tells whether the file at hand is the one that is being written.
func (l *logFiles) isLast() bool {
	ours, err := l.file.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(l.path)
	return err == nil && os.SameFile(ours, now)
}

// open opens the next file.
func (l *logFiles) open() (ok bool, err error) {
	if !l.begun {
		l.begun = true
		l.findOlder()
	}
	for len(l.older) > 0 && l.file == nil {
		name := l.older[len(l.older)-1]
		l.older = l.older[:len(l.older)-1]
		if err := l.use(name); err != nil {
			return false, err
		}
	}
	if l.file == nil {
		err = l.use(l.path)
	}
	return l.file != nil, err
}

func (l *logFiles) findOlder() {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%s.%d", l.path, n)
		switch {
		case exists(name):
		case exists(name + ".gz"):
			name += ".gz"
		default:
			return
		}
		l.older = append(l.older, name)
	}
}

// use opens a file; one that has gone meanwhile is passed over.
func (l *logFiles) use(name string) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	l.file, l.in = f, bufio.NewReaderSize(f, 64<<10)
	head, err := l.in.Peek(2)
	if err != nil || head[0] != 0x1f || head[1] != 0x8b { // the mark of gzip
		return nil
	}
	unpacked, err := gzip.NewReader(l.in)
	if err != nil {
		return fmt.Errorf("read the log %s: %w", name, err)
	}
	l.in = bufio.NewReaderSize(unpacked, 64<<10)
	return nil
}

// Pack compresses a file of a log that is full, for a shim. A reader sees the old one or the new one.
func Pack(name string) (err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("compress %s: %w", name, err)
		}
	}()
	from, err := os.Open(name)
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return err
	}
	defer to.Close()
	packer := gzip.NewWriter(to)
	if _, err := io.Copy(packer, from); err != nil {
		return err
	}
	if err := packer.Close(); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name+".gz"); err != nil {
		return err
	}
	return os.Remove(name)
}
