// This file tells whether a shim lives. It holds a lock on a file for as long as it does, and the kernel lets go of it however
// the shim ends. A pid would not do: the kernel gives the number of a dead process to another one.
package wire

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Lock takes the lock in dir and keeps it while the process lives, or until it is closed. An "open file description" lock (man 2 fcntl) can be asked
// about without taking it, so that those who ask never disturb each other.
func Lock(dir string) (io.Closer, error) {
	fd, err := unix.Open(filepath.Join(dir, LockFile), unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the lock: %w", err)
	}
	if err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
		return nil, fmt.Errorf("lock %s: another shim has it: %w", dir, err)
	}
	return os.NewFile(uintptr(fd), LockFile), nil
}

// Alive tells whether a shim holds the lock in dir.
func Alive(dir string) bool {
	f, err := os.Open(filepath.Join(dir, LockFile))
	if err != nil {
		return false
	}
	defer f.Close()
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	err = unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &lock)
	return err == nil && lock.Type != unix.F_UNLCK
}

// AwaitDeath returns when no shim holds the lock in dir. A directory that is not there has no shim.
func AwaitDeath(dir string) error {
	f, err := os.Open(filepath.Join(dir, LockFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("wait for the shim to end: %w", err)
	}
	defer f.Close()
	for {
		// A lock for reading, which any number of those who wait may have.
		err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLKW, &unix.Flock_t{Type: unix.F_RDLCK})
		if err == nil {
			return nil
		}
		if err != unix.EINTR {
			return fmt.Errorf("wait for the shim to end: %w", err)
		}
	}
}

// Flock locks a directory; the function that it returns lets go. man 2 flock has the ways how.
func Flock(dir string, how int) (func(), error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Flock(int(f.Fd()), how)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("lock %s: %w", dir, err)
	}
	return func() {
		// A child that has been forked and not executed yet has a copy of the descriptor: closing ours would not let go.
		unix.Flock(int(f.Fd()), unix.LOCK_UN)
		f.Close()
	}, nil
}
