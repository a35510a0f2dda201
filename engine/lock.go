// This file lets commands take turns. A lock is flock(2) on a directory: it needs no file of its own, and the kernel lets go of
// it however its holder ends.
package engine

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
)

// lockDir waits until this process alone holds dir; the function that it returns lets go.
func lockDir(dir string) (unlock func(), err error) { return wire.Flock(dir, unix.LOCK_EX) }

// errBusy says that somebody else holds the lock.
var errBusy = errors.New("in use by another command")

// tryLockDir does not wait.
func tryLockDir(dir string) (unlock func(), err error) {
	unlock, err = wire.Flock(dir, unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errBusy
	}
	return unlock, err
}

// lockContainer waits until no other command changes the container, and makes sure that it is still there then.
func (e *Engine) lockContainer(id string) (*Record, func(), error) {
	unlock, err := lockDir(e.dir(id))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil, &NotFound{Ref: ShortID(id)}
	}
	if err != nil {
		return nil, nil, err
	}
	record, err := e.readRecord(id)
	if err != nil {
		unlock()
		return nil, nil, err
	}
	return record, unlock, nil
}
