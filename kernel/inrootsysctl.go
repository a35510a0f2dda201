// This file sets kernel parameters by way of the procfs that a container has of its own. In one procfs the kernel keeps the files of
// /proc/sys/net once for each network namespace that has opened them, all under the same names: if all containers went by the
// host's, each further one, and the host itself, would look through hundreds of them.
package kernel

import (
	"fmt"
	"path"

	"golang.org/x/sys/unix"
)

// SetSysctlIn is SetSysctl by way of the procfs at /proc inside Root. Where none is mounted there, it goes by the host's.
type SetSysctlIn struct{ Root, Name, Value string }

func (s SetSysctlIn) plain() SetSysctl { return SetSysctl{Name: s.Name, Value: s.Value} }

func (s SetSysctlIn) Do() error { return do(s) }

// calls cross no mount below /proc and follow no link: what lies there may be a forgery (CVE-2025-52881).
func (s SetSysctlIn) calls(m *making) error {
	none, other, done := new(mark), new(mark), new(mark)
	open := find(m.root(s.Root), "/proc", unix.O_PATH|unix.O_DIRECTORY, unix.RESOLVE_NO_SYMLINKS)
	open.may, open.or = errnos(unix.ENOENT, unix.ENOTDIR, unix.ELOOP, unix.EACCES), none
	proc := m.opens(open)
	own := onProc(proc, path.Join(s.Root, "/proc"))
	own.may, own.or = errnos(unix.EXDEV), other
	m.add(own)
	file := find(proc, path.Join("sys", s.plain().file()), unix.O_WRONLY, unix.RESOLVE_NO_XDEV|unix.RESOLVE_NO_SYMLINKS)
	file.may, file.or = errnos(unix.ENOENT, unix.EXDEV, unix.ELOOP, unix.EACCES, unix.EROFS), other
	fd := m.opens(file)
	m.add(call{number: unix.SYS_WRITE, args: with{fd, s.Value, len(s.Value)}})
	m.close(fd)
	m.close(proc)
	m.jump(done)
	m.here(other)
	m.close(proc)
	m.here(none)
	plain := m.opens(call{number: unix.SYS_OPENAT, args: with{unix.AT_FDCWD, s.plain().path(), unix.O_WRONLY | unix.O_CLOEXEC}})
	m.add(onProc(plain, s.plain().path()), call{number: unix.SYS_WRITE, args: with{plain, s.Value, len(s.Value)}})
	m.close(plain)
	m.here(done)
	return nil
}

func (s SetSysctlIn) Call() string {
	return fmt.Sprintf("write(%q, %q, %d)", path.Join(s.Root, s.plain().path()), s.Value, len(s.Value))
}
func (s SetSysctlIn) Shell() string { return s.plain().Shell() }
