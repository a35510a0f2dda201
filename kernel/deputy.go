// This file sends a deputy: a process that makes system calls for us in another place, one after the other, as it is told. A
// container's stage is one, and so is a visitor, which runs a further program in it.
//
// From the moment that a container's processes see another one they may reach for it: for its file on the host by /proc/PID/exe
// (CVE-2019-5736), for its memory and descriptors (CVE-2016-9962). setns lets nobody into another user or time namespace who has
// several threads, as a Go program always has. And a Go program takes a millisecond to start. So a deputy is no copy of this
// program, but the loop of image.go. Its file is in memory, sealed against writing, and gone with it; its memory holds nothing
// but its task. It knows nothing and decides nothing: all of that stays here.
//
//	us                     the deputy
//	Clone             -->  (waits)
//	Tell              -->  makes the calls of these ops
//	Hear              <--  saidDone, and when it was done with each
//	                  <--  or, after a failure, its whole table, with the errno in one of the rows; then it ends
//	Tell              -->  ...
//	Hear              <--  the end of the stream: execve has closed it
//
// If we die, it reads the end of the stream and ends, too: nothing half made stays behind.
package kernel

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"glassbox/explain"
)

// Deputy is what we know of one.
type Deputy struct {
	Child  *Child   // the process, and what it gets; its Link is the other end of Socket
	Socket *os.File // SOCK_SEQPACKET

	Listener func(seccomp *os.File) error // receives the descriptor by which calls are decided
	Found    int                          // the number of the path that a Find has found

	taken    []bool // its descriptors
	terminal bool   // its input and output are one that it has opened
	filtered bool   // a filter decides its calls: it makes none that are only of use to us
	tasks    []task // what it was told, and has not said that it is done with
}

// Orders are ops that are written down for a deputy.
type Orders struct {
	messages [][]byte
	task     task
}

// Tell tells it what to do next, and does not wait.
func (d *Deputy) Tell(ops ...Foretold) error {
	orders, err := d.Prepare(ops...)
	if err != nil {
		return err
	}
	return d.Give(orders)
}

// Prepare writes down what it is to do next. It may do so before the deputy is there: only its descriptors have to be known.
func (d *Deputy) Prepare(ops ...Foretold) (*Orders, error) {
	first := d.taken == nil
	if first {
		for _, f := range d.Child.Files {
			d.taken = append(d.taken, f != nil)
		}
	}
	t, quiet := task{ops: make([]Foretold, len(ops))}, d.filtered
	p, clock := newPortion(d.taken, d.Child.Link, len(ops)), room(16*(len(ops)+2))
	binary.NativeEndian.PutUint64(clock.content, saidDone)
	if first { // what is for it alone is not for a hook to inherit
		p.tail(call{number: unix.SYS_CLOSE_RANGE, args: with{link{}, int(^uint32(0)), unix.CLOSE_RANGE_CLOEXEC}})
	}
	var m making
	for i, op := range ops {
		op = d.known(op, i, &t)
		t.ops[i] = op
		m.begin()
		if err := op.calls(&m); err != nil {
			return nil, Fail(op, err)
		}
		if !quiet {
			p.tail(tick(clock, i))
		}
		p.op(m.list)
		switch op.(type) {
		case AwaitStart:
			p.report = p.opened[heldRoot] // the first one that it opens itself
		case SeccompFilter:
			quiet = true
		}
	}
	m.begin()
	m.letGo()
	p.tail(m.list...)
	if !quiet {
		p.tail(tick(clock, len(ops)))
	}
	p.tail(saying(clock))
	p.next()
	messages, err := p.messages()
	if err != nil {
		return nil, err
	}
	d.taken = p.taken
	return &Orders{messages, t}, nil
}

// Give hands orders over, in the order in which they were prepared.
func (d *Deputy) Give(o *Orders) error {
	d.tasks = append(d.tasks, o.task)
	for _, m := range o.messages {
		if _, err := unix.Write(int(d.Socket.Fd()), m); err != nil && err != unix.EPIPE { // it has failed, and will be heard of
			return fmt.Errorf("tell process %d what to do: %w", d.Child.PID, err)
		}
	}
	return nil
}

// tick is the call that notes the time before the n-th op.
func tick(clock *memory, n int) call {
	return call{number: unix.SYS_CLOCK_GETTIME, args: with{unix.CLOCK_MONOTONIC, within{clock, 16 * (n + 1)}}}
}

// known is an op with what it has to know of who does it there.
func (d *Deputy) known(op Foretold, n int, t *task) Foretold {
	switch known := op.(type) {
	case OpenTerminal:
		d.terminal = true
	case OwnStdio:
		known.files, known.terminal = d.Child.Files, d.terminal
		return known
	case RunHook:
		known.number = n
		return known
	case CopyUpIn:
		known.number = n
		return known
	case SeccompFilter:
		d.filtered = true
	case Spawn:
		t.ends, t.begets = true, known.Sibling
	case Exec, ExecSelf:
		t.ends = true
	}
	return op
}

// AtPace is an op that a deputy does when it is told to, and the teller waits for it.
type AtPace struct {
	Foretold
	Deputy *Deputy
	took   *time.Duration
}

func (a AtPace) Do() error {
	if err := a.Deputy.Tell(a.Foretold); err != nil {
		return err
	}
	took, err := a.Deputy.Hear()
	if len(took) > 0 {
		*a.took = took[0]
	}
	return err
}

// Took is the deputy's own time; 0 if it does not say it.
func (a AtPace) Took() time.Duration { return *a.took }

// Paced is AtPace for ops of which some have an inverse. That is told, as always; what a deputy has done ends with it.
func Paced(op Foretold, d *Deputy) explain.Op {
	paced := AtPace{op, d, new(time.Duration)}
	if _, ok := op.(explain.Undoer); ok {
		return undoable{paced}
	}
	return paced
}

type undoable struct{ AtPace }

func (u undoable) Undo() explain.Op { return u.Foretold.(explain.Undoer).Undo() }

// Next is the descriptor that what it opens next will get, once it is done with what it was told.
func (d *Deputy) Next() int { return newPortion(d.taken, 0, 0).lowest() }
