// This file reads the journal, and goes on reading: the kernel says when there is more. man 7 inotify.
package event

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Read calls hear for every event in the journal in dir, the oldest first; with follow also for those that come, until ctx
// ends or hear returns false.
func Read(ctx context.Context, dir string, follow bool, hear func(Event) bool) error {
	r := &reader{dir: dir, hear: hear}
	defer r.close()
	var changes *os.File
	if follow {
		var err error
		if changes, err = watch(dir); err != nil {
			return err
		}
		defer changes.Close()
		defer context.AfterFunc(ctx, func() { changes.Close() })()
	}
	if err := r.open(beforeFile); err != nil {
		return err
	}
	more, err := r.rest()
	for news := make([]byte, 4096); err == nil && more; {
		if more, err = r.catchUp(); err != nil || !more || !follow {
			break
		}
		if _, err = changes.Read(news); ctx.Err() != nil {
			return nil
		}
	}
	return err
}

func watch(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("follow the events: %w", err)
	}
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("follow the events: inotify_init1: %w", err)
	}
	changes := os.NewFile(uintptr(fd), "inotify")
	if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_MODIFY|unix.IN_CREATE|unix.IN_MOVED_TO); err != nil {
		changes.Close()
		return nil, fmt.Errorf("follow %s: inotify_add_watch: %w", dir, err)
	}
	return changes, nil
}

type reader struct {
	dir     string
	hear    func(Event) bool
	file    *os.File // nil: none of that name
	in      *bufio.Reader
	partial []byte // a line whose end has not come yet
}

func (r *reader) close() {
	if r.file != nil {
		r.file.Close()
	}
}

func (r *reader) open(name string) error {
	r.close()
	f, err := os.Open(filepath.Join(r.dir, name))
	r.file = f
	if errors.Is(err, os.ErrNotExist) {
		r.file = nil
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the events: %w", err)
	}
	r.in = bufio.NewReaderSize(f, 32<<10)
	return nil
}

// catchUp reads what is left of the file at hand, then, if there is a newer one, that.
func (r *reader) catchUp() (more bool, err error) {
	for {
		if r.file != nil && isCurrent(r.file, filepath.Join(r.dir, nowFile)) {
			return r.rest()
		}
		// It was put away: nobody writes to it any more.
		if more, err = r.rest(); err != nil || !more {
			return more, err
		}
		if err := r.open(nowFile); err != nil || r.file == nil {
			return true, err
		}
	}
}

// rest reads to the end of the file.
func (r *reader) rest() (more bool, err error) {
	for r.file != nil {
		part, err := r.in.ReadBytes('\n')
		r.partial = append(r.partial, part...)
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, fmt.Errorf("read the events: %w", err)
		}
		var e Event
		if err := json.Unmarshal(bytes.TrimSpace(r.partial), &e); err != nil {
			return false, fmt.Errorf("read the events in %s: the line %q: %w", r.dir, r.partial, err)
		}
		r.partial = nil
		if !r.hear(e) {
			return false, nil
		}
	}
	return true, nil
}
