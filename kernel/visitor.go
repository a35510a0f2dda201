// This file sends a visitor into a container: a process that joins its namespaces and runs a further program there.
//
// From the moment that a container's processes see another one they may reach for it: for its file on the host by /proc/PID/exe
// (CVE-2019-5736), for its memory and descriptors (CVE-2016-9962). And setns lets nobody into another user or time namespace who
// has several threads, as a Go program always has. So the visitor is no copy of this program. It is a program that is written for
// this one visit: see image.go. Its file is in memory, sealed against writing, and gone with it; its memory holds nothing but its
// task. It stays outside the container's PID namespace, and what it clones into it has no more rights than the program is to
// have, and executes the program at once.
package kernel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// Visitor is one visit.
type Visitor struct {
	Child  *Child     // the process, and what it gets; the last of its files is the other end of Socket
	Ops    []Foretold // what it does; the last runs the program
	Paced  bool       // it does each op when it is told to: see AtPace
	Gated  bool       // it begins when Proceed says so
	Socket *os.File   // SOCK_SEQPACKET

	Listener func(seccomp *os.File) error // receives the descriptor by which calls are decided

	begets bool
	rows   []int // the first of each op, and the one behind the last
	size   int   // of the whole table, in bytes
}

// saidListener is the first word of what comes with a seccomp listener's descriptor.
const saidListener = 1

// ErrVisitorGone is the end of a visitor that says nothing.
var ErrVisitorGone = errors.New("the visitor ended before the program could run: was it killed?")

// StartVisitor starts it. man 2 memfd_create, man 2 execve.
type StartVisitor struct {
	Visitor *Visitor `json:"-"`
	Cgroup  string   // the v2 group to be born in; empty: ours
}

func (s StartVisitor) Do() error {
	m, err := s.Visitor.image()
	if err != nil {
		return err
	}
	fd, err := executableMemfd()
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(fd), "visitor")
	defer file.Close()
	if s.Visitor.size, err = m.write(fd); err != nil {
		return Fail(s, err)
	}
	if err := seal(fd); err != nil {
		return refused(sealCall, err)
	}
	return Clone{Child: s.Visitor.Child, Cgroup: s.Cgroup, image: file}.Do()
}

func (s StartVisitor) Call() string {
	return strings.Join([]string{memfdCall, sealCall, CloseOnExec{First: 3}.Call(), Clone{Cgroup: s.Cgroup}.cloneCall(), visitorExec}, "\n")
}

const visitorExec = `execve("/memfd:glassbox")`

// Shell is nsenter(1), which does all of a visit; what comes after it is left to the reader.
func (s StartVisitor) Shell() string { return "nsenter --target $PID --all" }

// Undo kills it.
func (s StartVisitor) Undo() explain.Op {
	if s.Visitor == nil {
		return KillChild{}
	}
	return KillChild{Child: s.Visitor.Child}
}

// image writes the task down.
func (v *Visitor) image() (*image, error) {
	taken := make([]bool, len(v.Child.Files))
	for i, f := range v.Child.Files {
		taken[i] = f != nil
	}
	m, terminal := newImage(taken, len(taken)-1), false
	if v.Gated && !v.Paced {
		m.gate()
	}
	for i, op := range v.Ops {
		switch known := op.(type) {
		case OpenTerminal:
			terminal = true
		case OwnStdio:
			known.files, known.terminal = v.Child.Files, terminal
			op = known
		}
		list, err := op.calls()
		if err != nil {
			return nil, Fail(op, err)
		}
		if v.Paced {
			m.gate()
		}
		v.rows = append(v.rows, len(m.rows))
		m.op(list)
		if v.Paced && i < len(v.Ops)-1 {
			m.row(unix.SYS_WRITE, m.socket, make([]byte, 1), 1)
		}
	}
	v.rows, v.begets = append(v.rows, len(m.rows)), m.begets != 0
	return m, nil
}

// Proceed lets a visitor go on with the n-th op.
func (v *Visitor) Proceed(n int) error {
	address := binary.NativeEndian.AppendUint64(nil, dataAddress+uint64(v.rows[n])*rowSize)
	if _, err := unix.Write(int(v.Socket.Fd()), address); err != nil {
		return fmt.Errorf("let the visitor go on: %w", err)
	}
	return nil
}

// Run waits until the program's execve has succeeded; then Child has the program's pid.
func (v *Visitor) Run() error { return v.hear(len(v.Ops) - 1) }

// AtPace is the n-th op of a visitor that waits before each, and says when it is done.
type AtPace struct {
	Foretold
	Visitor *Visitor
	N       int
}

func (a AtPace) Do() error {
	if err := a.Visitor.Proceed(a.N); err != nil {
		return err
	}
	return a.Visitor.hear(a.N)
}

// hear listens until the n-th op is done: of the last one the end of the stream says so. The end comes after a failure, too, and
// not before a pid: the one that is cloned may fail before the one that has cloned it can say so.
func (v *Visitor) hear(n int) error {
	said, rights := make([]byte, v.size), make([]byte, unix.CmsgSpace(4))
	var program int
	var table []byte
	for {
		size, control, _, _, err := unix.Recvmsg(int(v.Socket.Fd()), said, rights, unix.MSG_CMSG_CLOEXEC)
		switch {
		case err == unix.EINTR:
		case err != nil && err != unix.ECONNRESET: // that is an end, too: with what it has not read
			return fmt.Errorf("listen to the visitor: %w", err)
		case (size == 0 || err != nil) && table != nil:
			return v.failed(table, program)
		case size == 0 || err != nil:
			return v.ended(n, program)
		case control > 0:
			if err := v.receive(rights[:control]); err != nil {
				return err
			}
		case size == 1:
			return nil
		case size == 8:
			program = int(binary.NativeEndian.Uint64(said))
		default:
			table = bytes.Clone(said[:size])
		}
	}
}

// ended collects the visitor that has cloned the program.
func (v *Visitor) ended(n, program int) error {
	switch {
	case n < len(v.Ops)-1, v.begets && program == 0:
		return ErrVisitorGone
	case !v.begets:
		return nil
	}
	visitor := *v.Child
	v.Child.PID = program
	return collect(visitor.PID)
}

// failed says which op has, and collects what was cloned.
func (v *Visitor) failed(table []byte, program int) error {
	row, errnos := failures(table)
	if len(errnos) == 0 {
		return fmt.Errorf("listen to the visitor: a message of %d bytes is none of its", len(table))
	}
	errno := errnos[len(errnos)-1]
	for n, op := range v.Ops {
		if row < v.rows[n] || row >= v.rows[n+1] {
			continue
		}
		list, err := op.calls()
		if err == nil {
			err = list[min(row-v.rows[n], len(list)-1)].failed(op, errno)
		}
		if program != 0 {
			err = errors.Join(err, collect(program))
		}
		return &VisitorError{Op: n, Before: errnos[:len(errnos)-1], Err: err}
	}
	return fmt.Errorf("listen to the visitor: call %d has failed, which is none of its task: %w", row, errno)
}

// VisitorError is the failure of the Op-th op of a visitor.
type VisitorError struct {
	Op     int
	Before []syscall.Errno // of calls that may fail, and have
	Err    error
}

func (e *VisitorError) Error() string { return e.Err.Error() }
func (e *VisitorError) Unwrap() error { return e.Err }

// failures are those in a table; the last one has ended the visitor.
func failures(table []byte) (row int, errnos []syscall.Errno) {
	for at := 0; at+rowSize <= len(table); at += rowSize {
		if errno := binary.NativeEndian.Uint64(table[at+8*rowErrno:]); errno != 0 {
			row, errnos = at/rowSize, append(errnos, syscall.Errno(errno))
		}
	}
	return row, errnos
}

// receive passes the seccomp listener on.
func (v *Visitor) receive(control []byte) error {
	file, err := fileOf(control)
	if err != nil {
		return err
	}
	defer file.Close()
	return v.Listener(file)
}
