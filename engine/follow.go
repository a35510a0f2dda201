// This file waits for a log to grow, without asking again and again: the kernel says when. man 7 inotify.
package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// watch returns a file that becomes readable when the log at path is written, or a new file takes its place.
func watch(path string) (*os.File, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("follow %s: inotify_init1: %w", path, err)
	}
	changes := os.NewFile(uintptr(fd), "inotify")
	// The directory: the file itself is put away when it is full.
	if _, err := unix.InotifyAddWatch(fd, filepath.Dir(path), unix.IN_MODIFY|unix.IN_CREATE); err != nil {
		changes.Close()
		return nil, fmt.Errorf("follow %s: inotify_add_watch: %w", path, err)
	}
	return changes, nil
}

// follow writes what is added, until the container has ended: then the log is complete.
func (l *logReader) follow(ctx context.Context, changes *os.File, ended <-chan error) error {
	grown, stop := make(chan struct{}), make(chan struct{})
	defer close(stop)
	go func() {
		buf := make([]byte, 4096)
		for {
			if _, err := changes.Read(buf); err != nil {
				return
			}
			select {
			case grown <- struct{}{}:
			case <-stop:
				return
			}
		}
	}()
	for {
		if err := l.rest(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case err := <-ended:
			if err != nil {
				return err
			}
			return l.rest()
		case <-grown:
		}
		if l.over {
			return nil
		}
	}
}
