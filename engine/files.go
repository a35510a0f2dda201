// This file reaches the files of a container, whether it runs or not.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/storage"
)

// Files are those of a container, held open.
type Files struct {
	Record *Record
	PID    int // of its program; 0: it does not run
	Image  storage.Image
	Dirs   storage.Dirs
	Store  *storage.Store

	root *os.File // the merged layers: what the container sees, but for its volumes and other mounts
	end  func() error
}

// Root is a path of the container's root that leads there even when nothing is mounted any more, and from every thread.
func (f *Files) Root() string { return fmt.Sprintf("/proc/self/fd/%d", f.root.Fd()) }

// View is what the container itself sees: with volumes and bind mounts while it runs.
func (f *Files) View() (*os.File, error) {
	path := f.Root()
	if f.PID > 0 {
		path = fmt.Sprintf("/proc/%d/root", f.PID)
	}
	view, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the root of container %s: %w", f.Record.Name, err)
	}
	return view, nil
}

// Layers are the folders of the image, the topmost first.
func (f *Files) Layers() []string { return storage.Lower(f.Image.Layers) }

// Close lets go of them.
func (f *Files) Close() error { return errors.Join(f.root.Close(), f.end()) }

// openFiles opens the files of a container. One that does not run is locked, and its layers are stacked for as long as that takes:
// the mount is hidden again at once and lives on in the descriptor, so a crash leaves nothing.
func (e *Engine) openFiles(ref string, l explain.Listener) (*Files, error) {
	record, err := e.find(ref)
	if err != nil {
		return nil, err
	}
	status, err := e.status(record.ID)
	if err != nil {
		return nil, err
	}
	if status.Supervised() && status.PID > 0 {
		return e.openLive(record, status.PID)
	}
	n, err := e.reopen(record.ID)
	if err != nil {
		return nil, err
	}
	f := &Files{Record: n.Record, Image: n.image, Dirs: e.files(n.ID), end: func() error { n.unlock(); return nil }}
	if f.Store, err = storage.Open(e.Root); err == nil {
		err = f.mount(e, l)
	}
	if err != nil {
		return nil, errors.Join(err, f.end())
	}
	return f, nil
}

func (f *Files) mount(e *Engine, l explain.Listener) error {
	_, mount := e.storagePlan(f.Record.ID, f.Image, false)
	runner := &explain.Runner{Listener: l}
	err := runner.Run(mount...)
	if err == nil {
		f.root, err = os.Open(f.Dirs.Merged)
	}
	return errors.Join(err, runner.Rollback())
}

func (e *Engine) openLive(r *Record, pid int) (*Files, error) {
	f := &Files{Record: r, PID: pid, Dirs: e.files(r.ID), end: func() error { return nil }}
	var err error
	if f.Store, err = storage.Open(e.Root); err != nil {
		return nil, err
	}
	if f.Image, err = f.Store.Image(r.ImageID); err != nil {
		return nil, err
	}
	if f.root, err = os.Open(f.Dirs.Merged); err != nil {
		return nil, fmt.Errorf("open the files of container %s: %w", r.Name, err)
	}
	return f, nil
}

// resolve finds where a path of the container leads, as a process inside would: links are followed, and "/" is the container's.
// The last word is followed only if that is asked for.
func resolve(root *os.File, name string, follow bool) (string, error) {
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	if !follow {
		how.Flags |= unix.O_NOFOLLOW
	}
	fd, err := unix.Openat2(int(root.Fd()), name, &how)
	if err != nil {
		return "", &os.PathError{Op: "find", Path: name, Err: err}
	}
	defer unix.Close(fd)
	top, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", root.Fd()))
	if err != nil {
		return "", err
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd))
	if err != nil {
		return "", err
	}
	inside, err := filepath.Rel(top, path)
	return filepath.Join("/", inside), err
}

// Changes lists what a container has changed of its image's files, as `docker diff` does.
func (e *Engine) Changes(ctx context.Context, ref string) ([]storage.Change, error) {
	f, err := e.openFiles(ref, nil)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return storage.Changes(f.Dirs.Upper, f.Layers())
}
