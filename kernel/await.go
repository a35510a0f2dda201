// This file holds what a deputy does for its teller, between the ops of a plan: it looks for the program, and waits for the start. It
// changes nothing, so no plan has it.
package kernel

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/sys/unix"
)

// Find looks for a program, as execvp(3) does, and says at which of the paths it is.
type Find struct{ Paths []string }

func (f Find) Do() error { return do(f) }
func (f Find) calls(m *making) error {
	found := new(mark)
	for i, path := range f.Paths {
		next, said := new(mark), note(saidFound)
		binary.NativeEndian.PutUint64(said.content[8:], uint64(i))
		buffer, noDir := stat(unix.S_IFDIR, 0, unix.EISDIR)
		look := call{number: sysFstatat, args: with{unix.AT_FDCWD, path, buffer, 0}, check: noDir}
		access := call{number: unix.SYS_FACCESSAT, args: with{unix.AT_FDCWD, path, unix.X_OK}}
		done := saying(said)
		done.then = found
		if i < len(f.Paths)-1 {
			look.may, look.or = tryNext|errnos(unix.EISDIR), next
			access.may, access.or = tryNext, next
		}
		m.add(look, access, done)
		m.here(next)
	}
	m.here(found)
	return nil
}
func (f Find) Call() string  { return fmt.Sprintf("access(%q, X_OK)", f.Paths) }
func (f Find) Shell() string { return Quote(append([]string{"command", "-v"}, f.Paths...)...) }

// AwaitStart waits until somebody opens the other end of a fifo, and then tells that one what is to be told. It is opened anew
// through the descriptor by which it was handed on, and that by way of the host's /proc: a container may have none, or a forgery
// (CVE-2025-52881). The byte says that we go on; what comes after it is a failure. man 7 fifo.
type AwaitStart struct{ Proc, Fifo int }

func (a AwaitStart) Do() error { return do(a) }
func (a AwaitStart) calls(m *making) error {
	own := fmt.Sprintf("self/fd/%d", a.Fifo)
	fifo := m.opens(call{number: unix.SYS_OPENAT, args: with{a.Proc, own, unix.O_WRONLY | unix.O_CLOEXEC}})
	m.add(call{number: unix.SYS_WRITE, args: with{fifo, "", 1}})
	return nil
}
func (a AwaitStart) Call() string  { return fmt.Sprintf("open(\"/proc/self/fd/%d\", O_WRONLY)", a.Fifo) }
func (a AwaitStart) Shell() string { return "" }
