// This file hears what a deputy says, and what has become of it.
package kernel

import (
	"encoding/binary"
	"errors"
	"fmt"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// What a deputy says is told apart by its first word; that of a table is the number of a system call.
const (
	saidDone = 0x10000 + iota
	saidProgram
	saidFound
	saidListener
	saidHook
)

// ErrDeputyGone is the end of a deputy that says nothing.
var ErrDeputyGone = errors.New("the process ended before the program could run: was it killed?")

// task is what a deputy was told at once.
type task struct {
	ops    []Foretold
	ends   bool // it does not say that it is done: it becomes the program, or ends
	begets bool // it clones the program, and says its pid
}

// DeputyError is the failure of the Op-th op of those that a deputy was told together.
type DeputyError struct {
	Op     int
	Before []syscall.Errno // of calls of this op that may fail, and have
	Err    error
}

func (e *DeputyError) Error() string { return e.Err.Error() }
func (e *DeputyError) Unwrap() error { return e.Err }

// Hear waits until it is done with what it was told first, and says how long each op took. If the last of them runs the program,
// that is when its execve has succeeded: the end of the stream says so. Then Child has the program's pid.
func (d *Deputy) Hear() ([]time.Duration, error) {
	t := d.tasks[0]
	d.tasks = d.tasks[1:]
	var program int
	var bad []byte
	for {
		said, rights, err := d.receive()
		switch {
		case err != nil:
			return nil, fmt.Errorf("listen to process %d: %w", d.Child.PID, err)
		case len(said) < 16 && bad != nil: // the end
			return nil, t.failure(bad, program)
		case len(said) < 16:
			return nil, d.ended(t, program)
		}
		switch number := int(binary.NativeEndian.Uint64(said[8:])); binary.NativeEndian.Uint64(said) {
		case saidDone:
			return times(said, len(t.ops)), nil
		case saidProgram:
			program = number
		case saidFound:
			d.Found = number
		case saidListener:
			if err := d.introduce(rights); err != nil {
				return nil, err
			}
		default:
			bad = append(bad, said...)
		}
	}
}

// receive takes one message; one of no length is the end. What has no room would be lost, so its length is asked for first.
func (d *Deputy) receive() (said, rights []byte, err error) {
	socket := int(d.Socket.Fd())
	for {
		length, _, err := unix.Recvfrom(socket, make([]byte, 1), unix.MSG_PEEK|unix.MSG_TRUNC)
		if err == nil {
			said, rights = make([]byte, length), make([]byte, unix.CmsgSpace(4))
			var size, control int
			size, control, _, _, err = unix.Recvmsg(socket, said, rights, unix.MSG_CMSG_CLOEXEC)
			said, rights = said[:max(0, size)], rights[:max(0, control)]
		}
		if err != unix.EINTR && err != unix.ECONNRESET { // the latter says once that it has ended, and did not read all
			return said, rights, err
		}
	}
}

// times are the differences of a clock.
func times(said []byte, ops int) []time.Duration {
	took, before := make([]time.Duration, ops), time.Duration(0)
	if len(said) < 16*(ops+2) {
		return took
	}
	for i := range ops + 1 {
		at := said[16*(i+1):]
		now := time.Duration(binary.NativeEndian.Uint64(at))*time.Second + time.Duration(binary.NativeEndian.Uint64(at[8:]))
		if i > 0 && now != 0 {
			took[i-1] = now - before
		}
		before = now
	}
	return took
}

// ended collects a deputy that has cloned the program. The end comes after a failure, too, and not before a pid: the one that is
// cloned may fail before the one that has cloned it can say so.
func (d *Deputy) ended(t task, program int) error {
	switch {
	case !t.ends, t.begets && program == 0:
		return ErrDeputyGone
	case !t.begets:
		return nil
	}
	deputy := d.Child.PID
	d.Child.PID = program
	return collect(deputy)
}

// failure says which op has failed, and collects what was cloned.
func (t task) failure(said []byte, program int) error {
	err := t.failed(said)
	if program != 0 {
		err = errors.Join(err, collect(program))
	}
	return err
}

// DeputyFailure reads what a deputy has said of the failure of one of these ops, if somebody else was to hear it.
func DeputyFailure(said []byte, ops ...Foretold) error {
	return task{ops: ops}.failed(said)
}

// failed reads what was said before the end: a table, or how a hook has ended. Of a hook that could not even be executed there are
// both, and the table says why.
func (t task) failed(said []byte) error {
	var hook []byte
	for len(said) >= rowSize {
		if binary.NativeEndian.Uint64(said) != saidHook {
			size := binary.NativeEndian.Uint64(said[8*(rowArgs+2):])
			return t.inTable(said[:min(size, uint64(len(said)))])
		}
		size := min(hookSaid, len(said))
		hook, said = said[:size], said[size:]
	}
	if len(hook) < hookSaid || len(t.ops) == 0 {
		return errors.New("the process has ended, and did not say why")
	}
	n := int(binary.NativeEndian.Uint64(hook[8:]) % uint64(len(t.ops)))
	return &DeputyError{Op: n, Err: hookFailure(t.ops[n], hook)}
}

// inTable finds the call that has failed: the last one with an errno.
func (t task) inTable(table []byte) error {
	failed := DeputyError{Op: -1}
	var errno syscall.Errno
	number, call, op := 0, 0, 0 // of the row in its op, of the one that failed, of its op
	for at := 0; at+rowSize <= len(table); at += rowSize {
		word := func(n int) uint64 { return binary.NativeEndian.Uint64(table[at+8*n:]) }
		if number++; int(word(rowOp)) != op {
			number, op = 0, int(word(rowOp))
		}
		now := syscall.Errno(word(rowErrno))
		switch {
		case now == 0 || op <= 0 || op > len(t.ops):
			continue
		case failed.Op == op-1:
			failed.Before = append(failed.Before, errno)
		default:
			failed.Op, failed.Before = op-1, nil
		}
		errno, call = now, number
	}
	if failed.Op < 0 {
		return errors.New("the process has ended, and did not say why")
	}
	var m making
	for _, op := range t.ops[:failed.Op+1] { // which calls an op makes depends on those before it
		m.begin()
		if err := op.calls(&m); err != nil {
			return Fail(op, err)
		}
	}
	failed.Err = m.list[min(call, len(m.list)-1)].failed(t.ops[failed.Op], errno)
	return &failed
}

// introduce passes the seccomp listener on.
func (d *Deputy) introduce(rights []byte) error {
	file, err := fileOf(rights)
	if err != nil {
		return err
	}
	defer file.Close()
	return d.Listener(file)
}
