// This file counts the users of a mount that several share, by a file for each: so the count is true whoever was killed.
package kernel

import (
	"errors"
	"fmt"
	"os"
	"path"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// UseMount notes that somebody uses what is, or will be, mounted at Target. All notes of a mount lie in one directory.
type UseMount struct{ Note, Target string }

func (u UseMount) file() WriteFile { return WriteFile{Path: u.Note, Mode: 0o600} }

func (u UseMount) Do() error        { return u.file().Do() }
func (u UseMount) Call() string     { return u.file().Call() }
func (u UseMount) Shell() string    { return u.file().Shell() }
func (u UseMount) Undo() explain.Op { return LeaveMount(u) }

// LeaveMount takes the note back, and unmounts Target if that was the last. Whoever mounts it holds the lock of the directory
// that Target lies in, and has made a note before: so nobody begins to use it meanwhile.
type LeaveMount struct{ Note, Target string }

func (l LeaveMount) Do() error { return Fail(l, l.leave()) }

func (l LeaveMount) leave() error {
	if err := unix.Unlink(l.Note); err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	lock, err := os.Open(path.Dir(l.Target))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	for err = unix.EINTR; err == unix.EINTR; {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX)
	}
	if err != nil {
		return err
	}
	others, err := os.ReadDir(path.Dir(l.Note))
	if len(others) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return Unmount{Target: l.Target}.Do()
}

func (l LeaveMount) Call() string {
	return fmt.Sprintf("unlink(%q)\numount2(%q, MNT_DETACH), if no other note is there", l.Note, l.Target)
}

func (l LeaveMount) Shell() string {
	return Quote("rm", "-f", l.Note) + "; if rmdir " + quote(path.Dir(l.Note)) + "; then " + Unmount{Target: l.Target}.Shell() + "; fi"
}
