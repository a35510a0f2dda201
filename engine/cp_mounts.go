// This file lets a copy see what is mounted in a container that does not run, as it would if it ran: volumes and bind mounts. A
// tmpfs begins empty at each start, so there is nothing to see of it.
package engine

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel"
)

// showMounts mounts them over the layers: the volumes as a start would, each then bound at its place.
func (e *Engine) showMounts(n *newborn, runner *explain.Runner) error {
	return e.withVolumes(n, runner, func(facts volumeFacts) error {
		for _, m := range byDepth(n.Request.Mounts) {
			err := runner.Run(e.fillPlan(n, m, facts)...)
			if err == nil {
				err = e.showMount(m, e.files(n.ID).Merged, runner)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func byDepth(mounts []Mount) []Mount {
	return slices.SortedStableFunc(slices.Values(mounts), func(a, b Mount) int { // /data does not hide /data/cache
		return cmp.Compare(strings.Count(path.Clean(a.Target), "/"), strings.Count(path.Clean(b.Target), "/"))
	})
}

// viewLive is the root of the program. Between two runs there is none: then the same is put together beside it, for what is
// mounted on the layers themselves would be in the way of the next run.
func (e *Engine) viewLive(f *Files) (err error) {
	f.view, err = os.Open(fmt.Sprintf("/proc/%d/root", f.PID))
	if !errors.Is(err, os.ErrNotExist) {
		return err
	}
	_, unlock, err := e.lockContainer(f.Record.ID)
	if err != nil {
		return err
	}
	defer unlock()
	dir, runner := e.dir(f.Record.ID, "view"), &explain.Runner{}
	err = runner.Run(explain.Say("Show the container's files", "no program runs whose root could be looked at", "03",
		kernel.Mkdir{Path: dir, Mode: 0o700}, kernel.Bind{Source: f.Dirs.Merged, Target: dir}))
	for _, m := range byDepth(f.Record.Request.Mounts) {
		if err == nil {
			err = e.showMount(m, dir, runner)
		}
	}
	if err == nil {
		f.view, err = f.openTree(dir)
	}
	return errors.Join(err, runner.Rollback())
}

// showMount binds by the descriptor of what it has found: a part of a volume may be a link by the next moment.
func (e *Engine) showMount(m Mount, root string, runner *explain.Runner) error {
	var source *os.File
	var err error
	switch m.Type {
	case MountBind:
		source, err = openPath(m.Source, ".")
	case MountVolume:
		source, err = openPath(e.volumes().Data(m.Source), cmp.Or(m.Subpath, "."))
	default:
		return nil
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil // the start will make it, or complain
	}
	if err != nil {
		return err
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	place := explain.Op(kernel.EnsureFileIn{Root: root, Path: m.Target})
	if info.IsDir() {
		place = kernel.EnsureDirIn{Root: root, Path: m.Target, Mode: 0o755}
	}
	shown := fmt.Sprintf("/proc/self/fd/%d", source.Fd())
	bind := explain.Op(kernel.BindIn{Root: root, Source: shown, Target: m.Target, Recursive: true})
	if m.ReadOnly {
		bind = kernel.BindFlagsIn{Root: root, Source: shown, Target: m.Target, Recursive: true, Flags: unix.MS_RDONLY}
	}
	return runner.Run(explain.Say("Show "+cutTitle(m.Target, 30), "what a container has there when it runs is what is copied from and to", "10", place, bind))
}

// openPath opens dir, which its owner has named, and in it part, which may be anybody's.
func openPath(dir, part string) (*os.File, error) {
	top, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: dir, Err: err}
	}
	if part == "." {
		return os.NewFile(uintptr(top), dir), nil
	}
	defer unix.Close(top)
	how := unix.OpenHow{Flags: unix.O_PATH | unix.O_CLOEXEC, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS}
	fd, err := unix.Openat2(top, part, &how)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path.Join(dir, part), Err: err}
	}
	return os.NewFile(uintptr(fd), path.Join(dir, part)), nil
}

// openTree opens what is mounted at a place, with all that is mounted below: a copy, which lives as long as it is open. The root of
// a container with --read-only is so in the copy, too, and its volumes are not.
func (f *Files) openTree(dir string) (*os.File, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC|unix.AT_RECURSIVE)
	if err != nil {
		return nil, &os.PathError{Op: "open_tree", Path: dir, Err: err}
	}
	tree := os.NewFile(uintptr(fd), dir)
	if f.Record.Request.Security.ReadOnly {
		if err := unix.MountSetattr(fd, "", unix.AT_EMPTY_PATH, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}); err != nil {
			return nil, errors.Join(&os.PathError{Op: "mount_setattr", Path: dir, Err: err}, tree.Close())
		}
	}
	return tree, nil
}
