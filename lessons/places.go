// This file keeps the directories of a running lesson. Their names are fixed, so that a lesson that was killed is found and
// cleaned up by the next one; a lock keeps two from meeting.
package lessons

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/kernel/look"
)

// places are where a lesson may leave things.
type places struct {
	dir   string   // /run/gblesson/01: the lock, and work, the current directory at the start
	store string   // /var/lib/gblesson/01: images and containers; not below /run, which is often mounted noexec
	lock  *os.File // held while the lesson runs
}

func takePlaces(number string) (places, error) {
	at := places{dir: filepath.Join("/run/gblesson", number), store: filepath.Join("/var/lib/gblesson", number)}
	for _, dir := range []string{filepath.Join(at.dir, "work"), at.store} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return places{}, err
		}
	}
	lock, err := os.OpenFile(filepath.Join(at.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return places{}, err
	}
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		return places{}, errors.Join(fmt.Errorf("it is running already, in another terminal; end that one first"), lock.Close())
	}
	at.lock = lock
	return at, nil
}

func (at places) commandFile() string { return filepath.Join(at.dir, "command") }

// environment is the shell's: the learner's own, our programs first in PATH, and containers apart from the user's.
func (at places) environment(mark string) []string {
	path := os.Getenv("PATH")
	if exe, err := os.Executable(); err == nil {
		path = filepath.Dir(exe) + ":" + path
	}
	return append(os.Environ(), "PATH="+path+":/usr/sbin:/sbin", "LC_ALL=C.UTF-8", "NO_COLOR=1",
		"GBLESSON="+at.dir, "GBLESSON_MARK="+mark,
		"GLASSBOX_ROOT="+filepath.Join(at.store, "root"), "GLASSBOX_STATE="+filepath.Join(at.dir, "state"))
}

// leave removes the directories and lets go of the lock. Where something is still mounted in them nothing is removed:
// deleting through a mount destroys what was mounted.
func (at places) leave() error {
	defer at.lock.Close()
	mounts, err := look.Mounts(os.Getpid())
	if err != nil {
		return fmt.Errorf("remove %s: %w", at.dir, err)
	}
	for _, m := range mounts {
		if strings.HasPrefix(m.Point, at.dir+"/") || strings.HasPrefix(m.Point, at.store+"/") {
			return fmt.Errorf("remove %s: %s is still mounted: umount it, then remove it by hand", at.dir, m.Point)
		}
	}
	return errors.Join(os.RemoveAll(at.dir), os.RemoveAll(at.store))
}
