// This file waits for pressure: the kernel wakes whoever has written a threshold into the file and polls it.
package look

import (
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Trigger is what is waited for: "some 150000 1000000" is 150 ms of waiting in any second.
type Trigger struct {
	Kind             string // some, full
	Waited, InWindow uint64 // microseconds
}

// ParseTrigger reads the words that the kernel takes.
func ParseTrigger(text string) (Trigger, error) {
	var t Trigger
	if n, err := fmt.Sscanf(text, "%s %d %d", &t.Kind, &t.Waited, &t.InWindow); err != nil || n != 3 || t.Kind != "some" && t.Kind != "full" {
		return t, fmt.Errorf("%q is no trigger: write it as 'some 150000 1000000': 150000 µs of waiting in any 1000000 µs", text)
	}
	return t, nil
}

func (t Trigger) String() string { return fmt.Sprintf("%s %d %d", t.Kind, t.Waited, t.InWindow) }

// Await sets the trigger on each of the files and returns the one that fires first, and when; none within the patience, which is for
// ever if it is 0. A trigger ends with its descriptor: this leaves nothing behind in the kernel.
func (t Trigger) Await(patience time.Duration, files ...string) (fired string, after time.Duration, err error) {
	var waits []unix.PollFd
	defer func() {
		for _, w := range waits {
			unix.Close(int(w.Fd))
		}
	}()
	for _, file := range files {
		fd, err := t.set(file)
		if err != nil {
			return "", 0, fmt.Errorf("wait for pressure: %w", err)
		}
		waits = append(waits, unix.PollFd{Fd: int32(fd), Events: unix.POLLPRI})
	}
	begin := time.Now()
	for {
		left := -1
		if patience > 0 {
			left = int(max(0, patience-time.Since(begin)+time.Millisecond-1) / time.Millisecond)
		}
		n, err := unix.Poll(waits, left)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return "", 0, fmt.Errorf("wait for pressure: poll: %w", err)
		case n == 0:
			return "", time.Since(begin), nil
		}
		for i, w := range waits {
			if w.Revents&unix.POLLERR != 0 {
				return "", 0, fmt.Errorf("wait for pressure: %s is gone: its group was removed", files[i])
			}
			if w.Revents != 0 {
				return files[i], time.Since(begin), nil
			}
		}
	}
}

func (t Trigger) set(file string) (int, error) {
	fd, err := unix.Open(file, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: file, Err: err}
	}
	if _, err := unix.Write(fd, []byte(t.String()+"\x00")); err != nil {
		unix.Close(fd)
		return -1, fmt.Errorf("write %q to %s: %w%s", t, file, err, triggerRemedy(err))
	}
	return fd, nil
}

func triggerRemedy(err error) string {
	if errors.Is(err, unix.EINVAL) {
		return " (the window is 500000 to 10000000 µs, without CAP_SYS_RESOURCE a multiple of 2000000, and longer than the waiting)"
	}
	return ""
}
