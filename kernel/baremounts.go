// This file makes a mount namespace with few mounts, for others to be made from. A new mount namespace is a copy of its maker's, mount
// by mount, and what the copy does not need is removed again: where hundreds of containers have two mounts each on the host, that is
// most of what the start of one more takes. man 7 mount_namespaces; man 1 unshare, "--mount=file".
package kernel

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"glassbox/explain"
	"glassbox/kernel/look"
)

// BareMounts makes a mount namespace with those mounts alone by which the paths Ways are reached, and the kernel's own file systems. The
// file ns in the directory Dir keeps it. Where Dir is there already, somebody else is at it; where the kernel does not let it be bound,
// Dir stays without the file's mount: see IsNamespace. Dir becomes a mount that is private: a mount namespace can be bound on no other. It
// is made for all, and so has no inverse: see BareMountsRemove.
type BareMounts struct {
	Dir  string
	Ways []string
}

// File is what keeps the namespace.
func (b BareMounts) File() string { return filepath.Join(b.Dir, "ns") }

func (b BareMounts) Do() error {
	err := unix.Mkdir(b.Dir, 0o700)
	if err == unix.EEXIST {
		return nil
	}
	if err != nil {
		return Fail(b, err)
	}
	if err := b.keep(); err != nil {
		return errors.Join(err, BareMountsRemove(b).Do())
	}
	return nil
}

func (b BareMounts) keep() error {
	for _, op := range b.home() {
		if err := op.Do(); err != nil {
			return err
		}
	}
	var allowed unix.CPUSet
	if err := unix.SchedGetaffinity(0, &allowed); err != nil {
		return refused("sched_getaffinity(0)", err)
	}
	err := error(unix.EINVAL)
	for cpu := 0; errors.Is(err, unix.EINVAL) && cpu < 64*len(allowed); cpu++ {
		if allowed.IsSet(cpu) {
			err = b.bind(cpu)
		}
	}
	if errors.Is(err, unix.EINVAL) {
		return nil
	}
	return err
}

// bind makes the namespace on a processor. A mount namespace can be bound in an older one alone, or it might come to lie in itself. Which
// is the older one the kernel (6.18) tells by their numbers, and each processor draws from a stock of numbers of its own: so for one that
// is not the machine's first the right processor has to be found.
func (b BareMounts) bind(cpu int) error {
	ns, err := b.namespace(cpu)
	if err != nil {
		return err
	}
	defer ns.Close()
	return Bind{Source: fmt.Sprintf("/proc/self/fd/%d", ns.Fd()), Target: b.File()}.Do()
}

// home is where the namespace can be bound.
func (b BareMounts) home() []explain.Op {
	return []explain.Op{Bind{Source: b.Dir, Target: b.Dir}, SetPropagation{Target: b.Dir, Type: unix.MS_PRIVATE},
		WriteFile{Path: b.File(), Mode: 0o444}}
}

const unshareMounts = "unshare(CLONE_NEWNS)"

func allPrivate() explain.Op { return SetPropagation{Target: "/", Type: unix.MS_REC | unix.MS_PRIVATE} }

// namespace makes it on a thread that stays on that processor, and ends.
func (b BareMounts) namespace(cpu int) (ns *os.File, err error) {
	done := make(chan error)
	go look.OnThrowawayThread(func() {
		var here unix.CPUSet
		here.Set(cpu)
		err := unix.SchedSetaffinity(0, &here)
		if err == nil {
			err = unix.Unshare(unix.CLONE_NEWNS)
		}
		if err != nil {
			err = refused(unshareMounts, err)
		} else if err = b.unmountOthers(); err == nil {
			ns, err = os.Open("/proc/thread-self/ns/mnt")
		}
		done <- err
	})
	return ns, <-done
}

// unmountOthers goes by the list, in which a mount may come before the one that it lies on. With that one it goes, too.
func (b BareMounts) unmountOthers() error {
	if err := allPrivate().Do(); err != nil {
		return err
	}
	mounts, err := look.Mounts(unix.Gettid())
	if err != nil {
		return err
	}
	ways := slices.Clone(b.Ways)
	for _, m := range mounts {
		if kernelsOwn(m) {
			ways = append(ways, m.Point)
		}
	}
	for _, m := range slices.Backward(mounts) {
		leads := func(way string) bool { return look.Within(way, m.Point) }
		if slices.ContainsFunc(ways, leads) {
			continue
		}
		if err := (Unmount{Target: m.Point}).Do(); err != nil {
			return err
		}
	}
	return nil
}

// kernelsOwn tells whether a mount shows what the kernel has to show: a container's first process needs it until it has its own.
func kernelsOwn(m look.Mount) bool {
	return strings.HasPrefix(m.FSType, "cgroup") ||
		slices.ContainsFunc([]string{"/proc", "/sys", "/dev"}, func(dir string) bool { return look.Within(m.Point, dir) })
}

func (b BareMounts) Call() string {
	return strings.Join([]string{fmt.Sprintf("mkdir(%q, 0700)", b.Dir), told(b.home(), explain.Op.Call, "\n"),
		unshareMounts, allPrivate().Call(), "umount2(…, MNT_DETACH)", Bind{Source: "/proc/thread-self/ns/mnt", Target: b.File()}.Call()}, "\n")
}

func (b BareMounts) Shell() string {
	return Quote("mkdir", b.Dir) + " && " + told(b.home(), explain.Op.Shell, " && ") + " && " + Quote("unshare", "--mount="+b.File(), "true") +
		" # and in it: umount -l whatever does not lead to /proc, /sys, /dev, " + strings.Join(b.Ways, ", ")
}

// BareMountsRemove lets go of the namespace. The containers that began with its mounts have their own.
type BareMountsRemove BareMounts

// Do succeeds where something is missing: it may run twice, and what died half way is its business, too.
func (b BareMountsRemove) Do() error {
	for _, op := range b.ops() {
		if err := op.Do(); err != nil {
			return err
		}
	}
	return nil
}

func (b BareMountsRemove) ops() []explain.Op {
	return []explain.Op{Unmount{Target: BareMounts(b).File()}, Unmount{Target: b.Dir}, RemoveTree{Path: b.Dir}}
}

func (b BareMountsRemove) Call() string  { return told(b.ops(), explain.Op.Call, "\n") }
func (b BareMountsRemove) Shell() string { return told(b.ops(), explain.Op.Shell, " && ") }

// told joins what is said of ops.
func told(ops []explain.Op, say func(explain.Op) string, by string) string {
	var lines []string
	for _, op := range ops {
		lines = append(lines, say(op))
	}
	return strings.Join(lines, by)
}
