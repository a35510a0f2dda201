// This file finds leaks in the books: containers whose shim was killed, and directories and links that nobody completed or
// removed.
package engine

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
	"glassbox/runtime/container"
)

// strayed is a leak that one op takes back.
func strayed(kind, object, why string, op explain.Op) Leak {
	return Leak{Kind: kind, Object: object, Why: why, Remedy: op.Shell(), fix: op.Do}
}

// deadContainers have a live directory and no shim: it was killed, or the engine was, while it started the container.
func (e *Engine) deadContainers(o owners) ([]Leak, error) {
	ids, err := names(filepath.Join(e.State, "containers"))
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, id := range ids {
		if r := o.records[id]; r != nil && !o.alive[id] {
			leaks = append(leaks, Leak{
				Kind: "container", Object: r.Name, Why: "its shim was killed, or the command that started it",
				Remedy: "glassbox rm -f " + r.Name,
				fix:    func() error { return e.Release(context.Background(), id) },
			})
		}
	}
	return leaks, nil
}

// orphans were to be removed at their end (--rm) and never began: the command that made them was killed.
func (e *Engine) orphans(o owners) ([]Leak, error) {
	var leaks []Leak
	for _, id := range slices.Sorted(maps.Keys(o.records)) {
		r := o.records[id]
		if !r.Request.AutoRemove || o.alive[id] || exists(e.live(id)) || exists(e.dir(id, storyFile)) {
			continue
		}
		leaks = append(leaks, Leak{
			Kind: "container", Object: r.Name, Why: "the command that was to start and remove it was killed",
			Remedy: "glassbox rm " + r.Name,
			fix:    func() error { return e.delete(context.Background(), r, RemoveRequest{Volumes: true}) },
		})
	}
	return leaks, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// strayShims were started by this engine for containers that are no more.
func (e *Engine) strayShims(o owners) ([]Leak, error) {
	var leaks []Leak
	for _, s := range o.shims {
		if s.state != e.State || o.knows(s.short) {
			continue
		}
		leaks = append(leaks, Leak{
			Kind: "shim", Object: fmt.Sprint(s.pid), Why: "the directory of its container " + s.short + " is gone",
			Remedy: fmt.Sprintf("kill -9 %d", s.pid),
			fix:    func() error { return unix.Kill(s.pid, unix.SIGKILL) },
		})
	}
	return leaks, nil
}

// strayRuntime are containers of the runtime's that the engine does not know to run. Their processes end with them.
func (e *Engine) strayRuntime(o owners) ([]Leak, error) {
	ids, err := names(e.runtimeRoot())
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, id := range ids {
		if o.ours(id) {
			continue
		}
		leaks = append(leaks, Leak{
			Kind: "runtime state", Object: filepath.Join(e.runtimeRoot(), id), Why: o.absent(id),
			Remedy: kernel.Quote("glassbox-oci", "--root", e.runtimeRoot(), "delete", "--force", id),
			fix:    func() error { return e.endRuntime(id) },
		})
	}
	return leaks, nil
}

// endRuntime deletes what the runtime has made, where its shim was killed before it could. Without a state the runtime was
// interrupted so early that there is nothing but the journal.
func (e *Engine) endRuntime(id string) error {
	if c, err := container.Load(e.runtimeRoot(), id); err == nil {
		return c.Delete(true)
	}
	dir := filepath.Join(e.runtimeRoot(), id)
	if err := kernel.UndoJournal(filepath.Join(dir, journalFile), kernel.Inverses()...); err != nil {
		return err
	}
	return os.RemoveAll(dir)
}

// strayLive are live directories of containers that are no more.
func (e *Engine) strayLive(o owners) ([]Leak, error) {
	ids, err := names(filepath.Join(e.State, "containers"))
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, id := range ids {
		if o.records[id] == nil && !o.alive[id] {
			leak := strayed("directory", e.live(id), "its container is gone", kernel.RemoveTree{Path: e.live(id)})
			leak.fix = func() error {
				if err := e.takeBack(id); err != nil {
					return err
				}
				return e.closeLive(id)
			}
			leaks = append(leaks, leak)
		}
	}
	return leaks, nil
}

// halfMade are containers without a record: the command that made or removed them was killed.
func (e *Engine) halfMade(o owners) ([]Leak, error) {
	ids, err := e.ids()
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, id := range ids {
		if o.records[id] == nil && !o.busy[id] {
			leaks = append(leaks, strayed("directory", e.dir(id), "it has no record.json", kernel.RemoveTree{Path: e.dir(id)}))
		}
	}
	return leaks, nil
}

// strayNames belong to containers that are gone.
func (e *Engine) strayNames(o owners) ([]Leak, error) {
	list, err := names(filepath.Join(e.Root, "names"))
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, name := range list {
		id, err := os.Readlink(e.nameFile(name))
		if err == nil && o.records[id] == nil && !o.busy[id] {
			leaks = append(leaks, strayed("name", name, "its container is gone", kernel.Remove{Path: e.nameFile(name)}))
		}
	}
	return leaks, nil
}

// strayLeases are addresses of containers that do not run.
func (e *Engine) strayLeases(o owners) ([]Leak, error) {
	list, err := filepath.Glob(e.leases("*") + "/*")
	if err != nil {
		return nil, err
	}
	var leaks []Leak
	for _, path := range list {
		id, err := os.Readlink(path)
		if err == nil && !o.ours(id) {
			leaks = append(leaks, strayed("lease", filepath.Base(path), o.absent(id), kernel.Remove{Path: path}))
		}
	}
	return leaks, nil
}
