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

func (m MountIn) Do() error { return do(m) }

// calls follow no link to the place of /proc or /sys: whoever could exchange the link would have the masks that come later
// mounted over something else (CVE-2019-19921, CVE-2023-27561).
func (m MountIn) calls(k *making) error {
	resolve := 0
	if m.FSType == "proc" || m.FSType == "sysfs" {
		resolve = unix.RESOLVE_NO_SYMLINKS
	}
	k.at(m.Root, m.Target, resolve, false, func(_ descriptor, target any) { k.add(mount(m.Source, target, m.FSType, m.Flags, m.Data)) })
	return nil
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

func (b BindIn) Do() error { return do(b) }
func (b BindIn) calls(m *making) error {
	m.at(b.Root, b.Target, 0, false, func(_ descriptor, target any) { m.add(mount(b.Source, target, "", bindFlags(b.Recursive), "")) })
	return nil
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

func (r RemountIn) Do() error { return do(r) }
func (r RemountIn) calls(m *making) error {
	m.at(r.Root, r.Target, 0, false, func(_ descriptor, target any) { m.remount(target, r.flags()) })
	return nil
}

// remount: in a user namespace the flags that the host has set on a mount are locked, and may not be cleared (EPERM). Those that are
// asked for can be set all the same.
func (m *making) remount(target any, flags uintptr) {
	change, locked, done := mount("", target, "", flags, ""), new(mark), new(mark)
	change.may, change.or = errnos(unix.EPERM), locked
	m.add(change)
	m.jump(done)
	m.here(locked)
	m.add(setAttributes(unix.AT_FDCWD, target, 0, setOnly(attributesOf(flags))))
	m.here(done)
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

func (p SetPropagationIn) Do() error { return do(p) }
func (p SetPropagationIn) calls(m *making) error {
	m.at(p.Root, p.Target, 0, false, func(_ descriptor, target any) { m.add(mount("", target, "", p.Type, "")) })
	return nil
}

func (p SetPropagationIn) Call() string {
	return mountCall("", path.Join(p.Root, p.Target), "", p.Type, "")
}

func (p SetPropagationIn) Shell() string {
	return propagationShell(path.Join(p.Root, p.Target), p.Type)
}

// OpenIn opens name as a process would whose root directory is root. man 2 openat2.
func OpenIn(root, name string, flags uint64) (int, error) {
	dir, err := unix.Open(root, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", root, err)
	}
	defer unix.Close(dir)
	how := unix.OpenHow{Flags: flags | unix.O_CLOEXEC, Resolve: unix.RESOLVE_IN_ROOT | unix.RESOLVE_NO_MAGICLINKS}
	for {
		fd, err := unix.Openat2(dir, name, &how)
		// EAGAIN: something on the way was renamed meanwhile, and the kernel can not vouch for "..".
		if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
			continue
		}
		return fd, err
	}
}
