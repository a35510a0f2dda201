// This file makes network namespaces that live without a process: a mount holds them. So everything in a container's network
// can be built before its first process exists. man 7 network_namespaces.
package kernel

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

const ownNetns = "/proc/thread-self/ns/net"

// NetnsCreate makes a network namespace and keeps it by a bind mount on the file Path, which must not be there yet. What
// `ip netns add` does, at a place of our choice.
type NetnsCreate struct{ Path string }

func (n NetnsCreate) Do() error {
	fd, err := unix.Open(n.Path, unix.O_RDONLY|unix.O_CREAT|unix.O_EXCL|unix.O_CLOEXEC, 0o444)
	if err != nil {
		return Fail(n, err)
	}
	unix.Close(fd)
	err = elsewhere(
		func() error { return unix.Unshare(unix.CLONE_NEWNET) },
		func() error { return unix.Mount(ownNetns, n.Path, "", unix.MS_BIND, "") })
	if err != nil {
		return errors.Join(Fail(n, err), NetnsRemove(n).Do())
	}
	return nil
}

func (n NetnsCreate) Call() string {
	return fmt.Sprintf("open(%q, O_CREAT|O_EXCL, 0444)\nunshare(CLONE_NEWNET)\n%s",
		n.Path, mountCall(ownNetns, n.Path, "", unix.MS_BIND, ""))
}

func (n NetnsCreate) Shell() string {
	return Quote("touch", n.Path) + " && " + Quote("unshare", "--net="+n.Path, "true")
}

func (n NetnsCreate) Undo() explain.Op { return NetnsRemove(n) }

// NetnsRemove lets go of a network namespace. With its last process gone too, the kernel deletes it, and all links in it.
type NetnsRemove struct{ Path string }

// Do succeeds where nothing is left: as an inverse it may run twice.
func (n NetnsRemove) Do() error {
	if err := unix.Unmount(n.Path, unix.MNT_DETACH); err != nil && err != unix.EINVAL && err != unix.ENOENT {
		return Fail(n, err)
	}
	if err := unix.Unlink(n.Path); err != nil && err != unix.ENOENT {
		return Fail(n, err)
	}
	return nil
}

func (n NetnsRemove) Call() string {
	return fmt.Sprintf("umount2(%q, MNT_DETACH)\nunlink(%q)", n.Path, n.Path)
}

func (n NetnsRemove) Shell() string {
	return Quote("umount", "-l", n.Path) + " && " + Quote("rm", n.Path)
}

// elsewhere runs act on a thread that move has brought into another network namespace. Namespaces belong to threads, and Go
// moves goroutines between threads: so the thread is locked, and one that can not go home again is given up with its goroutine.
func elsewhere(move, act func() error) error {
	done := make(chan error)
	go func() { done <- thereAndBack(move, act) }()
	return <-done
}

func thereAndBack(move, act func() error) error {
	runtime.LockOSThread()
	home, err := unix.Open(ownNetns, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		runtime.UnlockOSThread()
		return fmt.Errorf("open(%q, O_RDONLY): %w", ownNetns, err)
	}
	defer unix.Close(home)
	if err = move(); err == nil {
		err = act()
	}
	if back := unix.Setns(home, unix.CLONE_NEWNET); back != nil {
		return errors.Join(err, fmt.Errorf("setns(%q, CLONE_NEWNET): %w", ownNetns, back))
	}
	runtime.UnlockOSThread()
	return err
}

// InNetns runs act on a thread in the network namespace of the file path. A socket that act opens stays in that namespace.
func InNetns(path string, act func() error) error {
	return elsewhere(func() error { return joinNetns(path) }, act)
}

// joinNetns moves the thread into the namespace that the file path shows.
func joinNetns(path string) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open(%q, O_RDONLY): %w", path, err)
	}
	defer unix.Close(fd)
	if err := unix.Setns(fd, unix.CLONE_NEWNET); err != nil {
		return fmt.Errorf("setns(%q, CLONE_NEWNET): %w", path, err)
	}
	return nil
}
