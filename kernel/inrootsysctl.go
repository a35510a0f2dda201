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

func (s SetSysctlIn) Do() error {
	fd, err := s.open()
	if err != nil {
		return s.plain().Do()
	}
	return Fail(s, writeAndClose(fd, s.Value))
}

// open crosses no mount below /proc and follows no link: what lies there may be a forgery (CVE-2025-52881).
func (s SetSysctlIn) open() (int, error) {
	proc, err := openBy(s.Root, "/proc", unix.O_PATH|unix.O_DIRECTORY, unix.RESOLVE_NO_SYMLINKS)
	if err != nil {
		return -1, err
	}
	defer unix.Close(proc)
	var fs unix.Statfs_t
	if err := unix.Fstatfs(proc, &fs); err != nil || fs.Type != unix.PROC_SUPER_MAGIC {
		return -1, fmt.Errorf("no procfs is mounted at %s", path.Join(s.Root, "/proc"))
	}
	return openAt(proc, path.Join("sys", s.plain().file()), unix.O_WRONLY, unix.RESOLVE_NO_XDEV|unix.RESOLVE_NO_SYMLINKS)
}

func (s SetSysctlIn) Call() string {
	return fmt.Sprintf("write(%q, %q, %d)", path.Join(s.Root, s.plain().path()), s.Value, len(s.Value))
}
func (s SetSysctlIn) Shell() string { return s.plain().Shell() }
