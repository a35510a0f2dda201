// This file says of an op, before it is done, which system calls it will make. Few need that. But who enters a container should be
// no Go program, which is several threads, large, and a file of the host; so what it is to do there is written down as a list of
// calls, and a program of some fifty instructions makes one after the other: see visitor.go.
package kernel

import (
	"encoding/binary"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// Foretold is an Op of which it is known beforehand what system calls it makes.
type Foretold interface {
	explain.Op
	calls() ([]call, error)
}

// call is one system call.
type call struct {
	number int
	args   []any           // numbers as they are; a string is a path or name; []byte and words are memory; descriptor
	name   string          // of an op that makes several: what is said when this one fails
	may    []syscall.Errno // are no failures
	opens  bool            // its result is a descriptor
	closes bool            // its first argument is one, and closed by it
	rooted []byte          // memory that it fills with a path: which has to begin with "/"
	begets bool            // it clones: what follows is for the child
}

// words is memory of eight bytes each, a structure with addresses in it: they are what args are.
type words []any

// descriptor stands for the n-th descriptor that the op has opened.
type descriptor int

// do makes the calls now, in the calling thread alone: Go's own wrappers of some change all threads, and this one is about to execve.
func do(op Foretold) error {
	list, err := op.calls()
	if err != nil {
		return Fail(op, err)
	}
	var h here
	defer runtime.KeepAlive(&h)
	for _, c := range list {
		if errno := h.make(c); errno != 0 {
			return c.failed(op, errno)
		}
	}
	return nil
}

// failed is an error that names the call.
func (c call) failed(op explain.Op, err error) error {
	if c.name != "" {
		return refused(c.name, err)
	}
	return Fail(op, err)
}

func (c call) allows(errno syscall.Errno) bool {
	for _, may := range c.may {
		if errno == may {
			return true
		}
	}
	return false
}

// here keeps what the calls of one op in this process share.
type here struct {
	opened []int
	memory []any // what addresses lead to: the collector does not follow numbers
}

func (h *here) make(c call) syscall.Errno {
	var a [6]uintptr
	for i, arg := range c.args {
		a[i] = uintptr(valueOf(arg, h.opened, h.place))
	}
	result, _, errno := syscall.Syscall6(uintptr(c.number), a[0], a[1], a[2], a[3], a[4], a[5])
	switch {
	case errno != 0 && c.allows(errno):
		return 0
	case errno != 0:
		return errno
	case c.rooted != nil && c.rooted[0] != '/':
		return unix.ENOENT
	case c.opens:
		h.opened = append(h.opened, int(result))
	}
	return 0
}

// place keeps memory where it is.
func (h *here) place(memory []byte) uint64 {
	h.memory = append(h.memory, memory)
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(memory))))
}

// valueOf is what an argument is for the kernel: a number, or the address of memory that has been given a place. fds are the
// descriptors that the op has opened.
func valueOf(arg any, fds []int, place func([]byte) uint64) uint64 {
	switch arg := arg.(type) {
	case int:
		return uint64(arg)
	case uintptr:
		return uint64(arg)
	case descriptor:
		return uint64(fds[arg])
	case string:
		return place(append([]byte(arg), 0))
	case []byte:
		return place(arg)
	case words:
		memory := make([]byte, 0, 8*len(arg))
		for _, word := range arg {
			memory = binary.NativeEndian.AppendUint64(memory, valueOf(word, fds, place))
		}
		return place(memory)
	}
	panic("kernel: an argument of a call that is neither a number nor memory")
}

// What several ops have in common.

func prctl(args ...int) call {
	all := []any{0, 0, 0, 0, 0}
	for i, arg := range args {
		all[i] = arg
	}
	return call{number: unix.SYS_PRCTL, args: all}
}

func writing(path, content string) []call {
	return []call{
		{number: unix.SYS_OPENAT, args: []any{unix.AT_FDCWD, path, unix.O_WRONLY | unix.O_CLOEXEC}, opens: true},
		{number: unix.SYS_WRITE, args: []any{descriptor(0), content, len(content)}},
		closing(0),
	}
}

func closing(n int) call {
	return call{number: unix.SYS_CLOSE, args: []any{descriptor(n)}, closes: true}
}

// sending sends data, with the first descriptor that the op has opened. man 3 cmsg, man 2 sendmsg.
func sending(socket int, data any, length int) call {
	const header = 20 // of it the length, and what it is
	rights := words{header, unix.SOL_SOCKET | unix.SCM_RIGHTS<<32, descriptor(0)}
	message := words{0, 0, words{data, length}, 1, rights, unix.CmsgSpace(4), 0}
	return call{number: unix.SYS_SENDMSG, args: []any{socket, message, 0}}
}
