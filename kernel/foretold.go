// This file says of an op, before it is done, which system calls it will make. Who works inside a container should be no Go program,
// which is several threads, large, slow to start and a file of the host; so what it is to do there is written down as a list of
// calls, and a program of some seventy instructions makes one after the other: see image.go. The same list, made by us, is what the
// op does here.
package kernel

import (
	"encoding/binary"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// Foretold is an Op of which it is known beforehand what system calls it makes.
type Foretold interface {
	explain.Op
	calls(*making) error // adds them
}

// call is one system call, and what follows from it.
type call struct {
	number int // noCall: none, only what follows
	args   with
	name   string // of an op that makes several: what is said when this one fails

	opens  descriptor // its result is this one
	closes bool       // its first argument is one, and closed by it

	may   errnoSet // are no failures
	or    *mark    // where one goes on after one of them; nil: at the next call
	again errnoSet // after one of these the call is made once more
	check *check   // what has to hold after it
	saves *within  // receives the result
	then  *mark    // where one goes on if the result is not 0
	apart bool     // it is made by a child, whose descriptors are its own
}

// with is what a call is made with: numbers as they are; a string is a path or name; []byte, words, openHow and *memory are memory.
type with [6]any

// noCall is only a jump, or a check.
const noCall = -1

// mark is a place in the list: the call of this number.
type mark int

// check looks at memory that the kernel has filled: eight bytes at an offset, of which those in mask have to be value.
type check struct {
	in          *memory
	offset      int
	mask, value uint64
	otherwise   syscall.Errno
}

// memory is a place that several calls mean.
type memory struct{ content []byte }

func room(size int) *memory { return &memory{make([]byte, size)} }

// words is memory of eight bytes each, a structure with addresses in it: they are what args are. *words are the same for several calls.
type words []any

// openHow is the structure of openat2(2), the same for many calls.
type openHow struct{ flags, resolve int }

// descriptor stands for the n-th descriptor that the op opens, from 1; 0 for none.
type descriptor int

// ownFile is the path that a process has to the n-th descriptor that the op has opened. Nobody can change what is there.
type ownFile int

// link stands for the descriptor by which a deputy speaks to us; report for the one by which it tells of failures, which is another
// one once we have gone: see deputy.go.
type (
	link   struct{}
	report struct{}
)

// within is an address in memory that several calls mean.
type within struct {
	memory *memory
	offset int
}

// pollIn is the struct pollfd of a descriptor that is to become readable.
type pollIn descriptor

// do makes the calls now, in the calling thread alone: Go's own wrappers of some change all threads.
func do(op Foretold) error {
	var m making
	m.begin()
	if err := op.calls(&m); err != nil {
		return Fail(op, err)
	}
	h := newHere(m.opened)
	defer h.close()
	for next := 0; next < len(m.list); {
		c := m.list[next]
		goOn, errno := h.make(c, next)
		if errno != 0 {
			return c.failed(op, errno)
		}
		next = goOn
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

// places keeps where memory is, and which descriptors the op has opened, while the calls of one op are turned into numbers.
type places struct {
	opened []int // their numbers; -1: it is not open
	link   int
	report int
	at     map[any]uint64      // of what several calls mean
	put    func([]byte) uint64 // gives memory a place
}

// here makes the calls of one op in this process.
type here struct {
	places
	kept []any // what addresses lead to: the collector does not follow numbers
}

func newHere(descriptors int) *here {
	h := &here{places: places{at: map[any]uint64{}, opened: slices.Repeat([]int{-1}, descriptors)}}
	h.put = h.keep
	return h
}

// close closes what a failure has left open.
func (h *here) close() {
	for _, fd := range h.opened {
		if fd >= 0 {
			unix.Close(fd)
		}
	}
	runtime.KeepAlive(h.kept)
}

// make makes the n-th call, and says which one is next.
func (h *here) make(c call, n int) (next int, failure syscall.Errno) {
	var a [6]uintptr
	for i, arg := range c.args {
		if arg != nil {
			a[i] = uintptr(h.valueOf(arg))
		}
	}
	result, errno := uintptr(1), syscall.Errno(0)
	if c.number != noCall {
		result, _, errno = syscall.Syscall6(uintptr(c.number), a[0], a[1], a[2], a[3], a[4], a[5])
	}
	if errno == 0 && c.check != nil && !c.check.holds() {
		errno = c.check.otherwise
	}
	if errno != 0 {
		return c.after(errno, n)
	}
	switch {
	case c.opens != 0:
		h.opened[c.opens-1] = int(result)
	case c.closes:
		h.opened[c.args[0].(descriptor)-1] = -1
	case c.saves != nil:
		binary.NativeEndian.PutUint64(c.saves.memory.content[c.saves.offset:], uint64(result))
	}
	if c.then != nil && result != 0 {
		return int(*c.then), 0
	}
	return n + 1, 0
}

// after says where one goes on after an errno, if that is no failure.
func (c call) after(errno syscall.Errno, n int) (next int, failure syscall.Errno) {
	switch {
	case c.again.has(errno):
		return n, 0
	case !c.may.has(errno):
		return 0, errno
	case c.or != nil:
		return int(*c.or), 0
	}
	return n + 1, 0
}

func (c *check) holds() bool {
	return binary.NativeEndian.Uint64(c.in.content[c.offset:])&c.mask == c.value
}

// keep leaves memory where it is.
func (h *here) keep(content []byte) uint64 {
	h.kept = append(h.kept, content)
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(content))))
}

// valueOf is what an argument is for the kernel: a number, or the address of memory.
func (p *places) valueOf(arg any) uint64 {
	switch arg := arg.(type) {
	case int:
		return uint64(arg)
	case uintptr:
		return uint64(arg)
	case descriptor:
		return uint64(p.opened[arg-1])
	case pollIn:
		return uint64(p.opened[arg-1]) | unix.POLLIN<<32
	case link:
		return uint64(p.link)
	case report:
		return uint64(p.report)
	case ownFile:
		return p.valueOf("/proc/self/fd/" + strconv.Itoa(p.opened[arg-1]))
	case string:
		return p.once(arg, func() uint64 { return p.put(append([]byte(arg), 0)) })
	case openHow:
		return p.once(arg, func() uint64 { return p.valueOf(words{arg.flags, 0, arg.resolve}) })
	case []byte:
		return p.put(arg)
	case *memory:
		return p.once(arg, func() uint64 { return p.put(arg.content) })
	case *words:
		return p.once(arg, func() uint64 { return p.valueOf(*arg) })
	case within:
		return p.valueOf(arg.memory) + uint64(arg.offset)
	case words:
		content := make([]byte, 0, 8*len(arg))
		for _, word := range arg {
			content = binary.NativeEndian.AppendUint64(content, p.valueOf(word))
		}
		return p.put(content)
	}
	panic("kernel: an argument of a call that is neither a number nor memory")
}

// once gives memory the same place at every mention.
func (p *places) once(memory any, put func() uint64) uint64 {
	at, placed := p.at[memory]
	if !placed {
		at = put()
		p.at[memory] = at
	}
	return at
}

// What several ops have in common.

func prctl(args ...int) call {
	c := call{number: unix.SYS_PRCTL}
	for i, arg := range args {
		c.args[i] = arg
	}
	return c
}

// sending sends data over a socket, with a descriptor that the op has opened. man 3 cmsg, man 2 sendmsg.
func sending(socket any, file descriptor, data any, length int) call {
	const header = 20 // of it the length, and what it is
	rights := words{header, unix.SOL_SOCKET | unix.SCM_RIGHTS<<32, file}
	message := words{0, 0, words{data, length}, 1, rights, unix.CmsgSpace(4), 0}
	return call{number: unix.SYS_SENDMSG, args: with{socket, message, 0}}
}
