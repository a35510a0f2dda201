// This file reaches the files of a container, whether it runs or not.
package engine

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"glassbox/engine/shim/wire"
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
	view *os.File // with them, as the program itself sees or will see it; openView sets it
	end  func() error
}

// Root is a path of the container's root that leads there even when nothing is mounted any more, and from every thread.
func (f *Files) Root() string { return fmt.Sprintf("/proc/self/fd/%d", f.root.Fd()) }

// Layers are the folders of the image, the topmost first.
func (f *Files) Layers() []string { return storage.Lower(f.Image.Layers) }

// Close lets go of them.
func (f *Files) Close() error {
	if f.view != nil {
		f.view.Close()
	}
	return errors.Join(f.root.Close(), f.end())
}

// openFiles opens the files of a container. One that does not run is locked, and its layers are stacked for as long as that takes:
// the mount is hidden again at once and lives on in the descriptor, so a crash leaves nothing.
func (e *Engine) openFiles(ref string, l explain.Listener) (*Files, error) {
	return e.openWith(ref, func(*Files) error { return nil }, func(f *Files, _ *newborn) error {
		return f.mount(e, &explain.Runner{Listener: l}, nil)
	})
}

// openView is openFiles for those who want to see volumes and bind mounts, too.
func (e *Engine) openView(ref string) (*Files, error) {
	return e.openWith(ref, e.viewLive, func(f *Files, n *newborn) error {
		runner := &explain.Runner{}
		return f.mount(e, runner, func() error { return e.showMounts(n, runner) })
	})
}

func (e *Engine) openWith(ref string, live func(*Files) error, mount func(*Files, *newborn) error) (*Files, error) {
	record, err := e.find(ref)
	if err != nil {
		return nil, err
	}
	status, err := e.statusAfterStart(record.ID)
	if err != nil {
		return nil, err
	}
	if status.Supervised() {
		f, err := e.openLive(record, status.PID)
		if err != nil {
			return nil, err
		}
		if err := live(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		return f, nil
	}
	n, err := e.reopen(record.ID)
	if err != nil {
		return nil, err
	}
	f := &Files{Record: n.Record, Image: n.image, Dirs: e.files(n.ID), end: func() error { n.unlock(); return nil }}
	if f.Store, err = e.Store(); err == nil {
		err = mount(f, n)
	}
	if err != nil {
		return nil, errors.Join(err, f.end())
	}
	return f, nil
}

// statusAfterStart waits for a start that is under way. Supervised without a program is then who is between two runs.
func (e *Engine) statusAfterStart(id string) (wire.Status, error) {
	status, err := e.status(id)
	if err != nil || !status.Supervised() || status.PID > 0 {
		return status, err
	}
	_, unlock, err := e.lockContainer(id)
	if err != nil {
		return status, err
	}
	unlock()
	return e.status(id)
}

// mount stacks the layers, and with more, if it is not nil, what belongs on top for a view.
func (f *Files) mount(e *Engine, runner *explain.Runner, more func() error) error {
	_, mount := e.storagePlan(f.Record.ID, f.Image, false)
	err := runner.Run(mount...)
	if err == nil {
		f.root, err = os.Open(f.Dirs.Merged)
	}
	if err == nil && more != nil {
		if err = more(); err == nil {
			f.view, err = f.openTree(f.Dirs.Merged)
		}
	}
	return errors.Join(err, runner.Rollback())
}

func (e *Engine) openLive(r *Record, pid int) (*Files, error) {
	f := &Files{Record: r, PID: pid, Dirs: e.files(r.ID), end: func() error { return nil }}
	var err error
	if f.Store, err = e.Store(); err != nil {
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
