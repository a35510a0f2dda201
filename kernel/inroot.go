// This file holds requests whose target lies inside a container's root file system. Whoever made that root may have put
// symbolic links anywhere in it, and may swap them while we work; so a path is never handed to mount(2) as it is. It is
// resolved once, by openat2 with RESOLVE_IN_ROOT ("/" and ".." mean the container's), and the request is made on the
// descriptor that came out, by way of /proc/self/fd. That closes CVE-2021-30465 and its kin.
package kernel

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"
)

// MountIn attaches a file system at Target inside Root.
type MountIn struct {
	Root                   string
	Source, Target, FSType string
	Flags                  uintptr
	Data                   string
}

// Do follows no link to the place of /proc or /sys: whoever could exchange the link would have the masks that come later
// mounted over something else (CVE-2019-19921, CVE-2023-27561).
func (m MountIn) Do() error {
	var resolve uint64
	if m.FSType == "proc" || m.FSType == "sysfs" {
		resolve = unix.RESOLVE_NO_SYMLINKS
	}
	return Fail(m, by(m.Root, m.Target, resolve, func(target string) error {
		return unix.Mount(m.Source, target, m.FSType, m.Flags, m.Data)
	}))
}

func (m MountIn) Call() string {
	return mountCall(m.Source, path.Join(m.Root, m.Target), m.FSType, m.Flags, m.Data)
}

func (m MountIn) Shell() string {
	return mountShell(m.Source, path.Join(m.Root, m.Target), m.FSType, m.Flags, m.Data)
}

// BindIn shows Source, a path of the host, at Target inside Root.
type BindIn struct {
	Root, Source, Target string
	Recursive            bool
}

func (b BindIn) Do() error {
	return Fail(b, at(b.Root, b.Target, func(target string) error {
		return unix.Mount(b.Source, target, "", bindFlags(b.Recursive), "")
	}))
}

func (b BindIn) Call() string {
	return mountCall(b.Source, path.Join(b.Root, b.Target), "", bindFlags(b.Recursive), "")
}

func (b BindIn) Shell() string { return bindShell(b.Source, path.Join(b.Root, b.Target), b.Recursive) }

// RemountIn changes the flags of the mount at Target inside Root; of that mount alone, not of the file system (MS_BIND).
type RemountIn struct {
	Root, Target string
	Flags        uintptr // MS_RDONLY, MS_NOSUID, …
}

func (r RemountIn) flags() uintptr { return unix.MS_REMOUNT | unix.MS_BIND | r.Flags }

func (r RemountIn) Do() error {
	return Fail(r, at(r.Root, r.Target, func(target string) error {
		err := unix.Mount("", target, "", r.flags(), "")
		if err != unix.EPERM {
			return err
		}
		// In a user namespace the flags that the host has set on this mount are locked: ask again and keep them.
		var now unix.Statfs_t
		if err := unix.Statfs(target, &now); err != nil {
			return err
		}
		locked := uintptr(now.Flags) & (unix.MS_RDONLY | unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC | unix.MS_NOATIME | unix.MS_RELATIME)
		return unix.Mount("", target, "", r.flags()|locked, "")
	}))
}

func (r RemountIn) Call() string {
	return mountCall("", path.Join(r.Root, r.Target), "", r.flags(), "")
}

func (r RemountIn) Shell() string {
	options := strings.TrimSuffix("remount,bind,"+mountOptions(r.Flags), ",")
	return Quote("mount", "-o", options, path.Join(r.Root, r.Target))
}

// SetPropagationIn is SetPropagation for a target inside Root.
type SetPropagationIn struct {
	Root, Target string
	Type         uintptr
}

func (p SetPropagationIn) Do() error {
	return Fail(p, at(p.Root, p.Target, func(target string) error { return unix.Mount("", target, "", p.Type, "") }))
}

func (p SetPropagationIn) Call() string {
	return mountCall("", path.Join(p.Root, p.Target), "", p.Type, "")
}

func (p SetPropagationIn) Shell() string {
	return propagationShell(path.Join(p.Root, p.Target), p.Type)
}

// at resolves name inside root and calls do with a path that names the result and can not be changed under our hands.
func at(root, name string, do func(target string) error) error { return by(root, name, 0, do) }

// by is at with more RESOLVE_* flags.
func by(root, name string, resolve uint64, do func(target string) error) error {
	if path.Join(root, name) == "/" {
		return do("/") // after pivot_root: /proc is the container's by now, and may be a forgery (CVE-2025-52881)
	}
	fd, err := openBy(root, name, unix.O_PATH, resolve)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return do(fmt.Sprintf("/proc/self/fd/%d", fd))
}

// OpenIn opens name as a process would whose root directory is root. man 2 openat2.
func OpenIn(root, name string, flags uint64) (int, error) { return openBy(root, name, flags, 0) }

func openBy(root, name string, flags, resolve uint64) (int, error) {
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", root, err)
	}
	defer unix.Close(dir)
	return openAt(dir, name, flags, resolve)
}

func openAt(dir int, name string, flags, resolve uint64) (int, error) {
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS | resolve}
	for {
		fd, err := unix.Openat2(dir, name, &how)
		// EAGAIN: something on the way was renamed meanwhile, and the kernel can not vouch for "..".
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
			continue
		}
		return fd, err
	}
}
