// This file appends to the journal. Who writes shares a lock with all other writers; who turns the full file into before.jsonl
// has the lock alone, so that nobody writes to a file that has been put away.
package event

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glassbox/kernel/quickjson"
)

// Write appends to the journal in dir, which is made if it is not there.
func Write(dir string, e Event) error {
	line, err := quickjson.Marshal(e)
	if err == nil {
		err = write(dir, append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("note the event %s %s: %w", e.Type, e.Action, err)
	}
	return nil
}

func write(dir string, line []byte) error {
	f, err := lockCurrent(dir, unix.LOCK_SH)
	if err != nil {
		return err
	}
	_, err = f.Write(line) // one write(2) with O_APPEND: lines never mix
	full := isFull(f)
	if err := errors.Join(err, f.Close()); err != nil || !full { // our lock goes with it: putAway wants it alone
		return err
	}
	return putAway(dir)
}

func isFull(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Size() >= longest
}

// lockCurrent opens now.jsonl and locks it; if it was put away before we had the lock, it tries again with the next one.
func lockCurrent(dir string, how int) (*os.File, error) {
	name := filepath.Join(dir, nowFile)
	for {
		f, err := os.OpenFile(name, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
		if os.IsNotExist(err) {
			err = os.MkdirAll(dir, 0o700)
			if err == nil {
				continue
			}
		}
		if err != nil {
			return nil, err
		}
		for err = unix.EINTR; err == unix.EINTR; {
			err = unix.Flock(int(f.Fd()), how)
		}
		if err == nil && isCurrent(f, name) {
			return f, nil
		}
		f.Close()
		if err != nil {
			return nil, fmt.Errorf("lock %s: %w", name, err)
		}
	}
}

func isCurrent(f *os.File, name string) bool {
	ours, err := f.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(name)
	return err == nil && os.SameFile(ours, now)
}

// putAway is done once, however many writers see that the file is full.
func putAway(dir string) error {
	f, err := lockCurrent(dir, unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer f.Close()
	if !isFull(f) {
		return nil
	}
	return os.Rename(filepath.Join(dir, nowFile), filepath.Join(dir, beforeFile))
}
