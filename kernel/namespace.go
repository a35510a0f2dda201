// This file changes the namespaces of the calling thread; the others are chosen at birth, by Clone.
package kernel

import (
	"encoding/binary"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// Unshare gives the calling thread new namespaces. man 2 unshare.
type Unshare struct{ Flags uintptr }

func (u Unshare) Do() error { return do(u) }
func (u Unshare) calls(m *making) error {
	m.add(call{number: unix.SYS_UNSHARE, args: with{u.Flags}})
	return nil
}
func (u Unshare) Call() string  { return "unshare(" + flagString(u.Flags, cloneFlags) + ")" }
func (u Unshare) Shell() string { return Quote("unshare", "--"+namespaceWord(u.Flags)) }

// IsNamespace tells whether the file path is a namespace: a link in /proc/PID/ns, or what such a link is bound to. man 2 fstatfs.
func IsNamespace(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Type == unix.NSFS_MAGIC
}

// JoinNamespaces moves the calling thread into namespaces, in their order. man 2 setns.
type JoinNamespaces struct{ Namespaces []Namespace }

func (j JoinNamespaces) Do() error { return do(j) }

func (j JoinNamespaces) calls(m *making) error {
	for _, ns := range j.Namespaces {
		m.join(ns.Path, ns.Flag)
	}
	return nil
}

// join moves the calling thread into one.
func (m *making) join(path string, flag uintptr) {
	name := setnsCall(path, flag)
	ns := m.opens(call{number: unix.SYS_OPENAT, args: with{unix.AT_FDCWD, path, unix.O_RDONLY | unix.O_CLOEXEC}, name: name})
	m.add(call{number: unix.SYS_SETNS, args: with{ns, flag}, name: name})
	m.close(ns)
}

func (j JoinNamespaces) Call() string {
	var lines []string
	for _, ns := range j.Namespaces {
		lines = append(lines, setnsCall(ns.Path, ns.Flag))
	}
	return strings.Join(lines, "\n")
}

func (j JoinNamespaces) Shell() string {
	words := []string{"nsenter"}
	for _, ns := range j.Namespaces {
		words = append(words, "--"+namespaceWord(ns.Flag)+"="+ns.Path)
	}
	return Quote(words...)
}

// JoinMounts moves the calling thread into a mount namespace. The threads of a process share their working directory and
// root, and the kernel lets nobody move who shares them: so the thread takes its own copy first (CLONE_FS). man 2 setns.
type JoinMounts struct{ Path string }

func (j JoinMounts) Do() error { return do(j) }

func (j JoinMounts) calls(m *making) error {
	m.add(call{number: unix.SYS_UNSHARE, args: with{unix.CLONE_FS}})
	m.join(j.Path, unix.CLONE_NEWNS)
	return nil
}

func (j JoinMounts) Call() string {
	return fmt.Sprintf("unshare(CLONE_FS)\nsetns(%q, CLONE_NEWNS)", j.Path)
}
func (j JoinMounts) Shell() string { return Quote("nsenter", "--mount="+j.Path) }

// JoinCgroups moves the calling thread into a cgroup namespace: it changes what the tree looks like, not where one is in it.
// man 7 cgroup_namespaces.
type JoinCgroups struct{ Path string }

func (j JoinCgroups) Do() error { return do(j) }
func (j JoinCgroups) calls(m *making) error {
	m.join(j.Path, unix.CLONE_NEWCGROUP)
	return nil
}
func (j JoinCgroups) Call() string  { return fmt.Sprintf("setns(%q, CLONE_NEWCGROUP)", j.Path) }
func (j JoinCgroups) Shell() string { return Quote("nsenter", "--cgroup="+j.Path) }

// LoopbackUp switches on lo, which every new network namespace has, switched off. It is an ioctl rather than a netlink
// message: one socket, two calls, and the small program needs no netlink. man 7 netdevice.
type LoopbackUp struct{}

func (l LoopbackUp) Do() error { return do(l) }
func (l LoopbackUp) calls(m *making) error {
	request := room(40) // struct ifreq
	copy(request.content, "lo")
	binary.NativeEndian.PutUint16(request.content[unix.IFNAMSIZ:], unix.IFF_UP|unix.IFF_LOOPBACK)
	socket := m.opens(call{number: unix.SYS_SOCKET, args: with{unix.AF_INET, unix.SOCK_DGRAM | unix.SOCK_CLOEXEC, 0}})
	m.add(call{number: unix.SYS_IOCTL, args: with{socket, unix.SIOCSIFFLAGS, request}})
	m.close(socket)
	return nil
}
func (l LoopbackUp) Call() string  { return `ioctl(SIOCSIFFLAGS, {"lo", IFF_UP})` }
func (l LoopbackUp) Shell() string { return "ip link set lo up" }
