// This file is what all programs begin with, so that they are at work sooner. It changes when they do something, and not what.
package kernel

import (
	"os"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// Begin prepares the Go runtime for a command that is over after some milliseconds.
func Begin() {
	growStack()
	setSlack()
}

// growStack makes the stack as large as every command needs it, while there is next to nothing on it. It would grow anyway, step
// by step, and at each step the Go runtime walks all that is on it: that is some per cent of a short command's time.
//
//go:noinline
func growStack() byte {
	var room [14 << 10]byte
	return room[len(os.Args)%len(room)]
}

// givenSlack is the timer slack that we were started with, in nanoseconds: what it is when this is first asked for.
var givenSlack = sync.OnceValues(func() (int, error) { return unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0) })

// setSlack says how late the kernel may wake a thread that sleeps: its timer slack, 50 µs if nobody says otherwise. Two threads of the
// Go runtime sleep in a command. A processor without work waits 3 µs before it takes some away from another one: it is to be awake
// then. And the monitor (sysmon) looks every 20 µs whether a call of the kernel takes long, so that something else is done meanwhile:
// in the ten milliseconds that a container takes this wakes it a hundred times, which is a twentieth of all that is done in them. It
// is to sleep. The monitor is the first thread that a program starts. Of another thread than one's own root alone may say it
// (CAP_SYS_NICE), in a file; without it everything goes on as before. man 2 prctl, PR_SET_TIMERSLACK; man 5 proc, timerslack_ns.
func setSlack() {
	const awake, asleep = 1, "2000000" // nanoseconds
	if _, err := givenSlack(); err != nil {
		return
	}
	unix.Prctl(unix.PR_SET_TIMERSLACK, awake, 0, 0, 0) // and of the threads that come of this one
	thread := monitor()
	if thread == "" {
		return
	}
	fd, err := unix.Open("/proc/"+thread+"/timerslack_ns", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	unix.Write(fd, []byte(asleep))
}

// monitor is the id of the first thread that this program has started: the next one after our own, if nobody else came between.
// Empty: that can not be told, for the ids have begun anew.
func monitor() string {
	self := os.Getpid()
	if next := strconv.Itoa(self + 1); unix.Access("/proc/self/task/"+next, unix.F_OK) == nil {
		return next
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return ""
	}
	first := ""
	for _, thread := range threads {
		id, _ := strconv.Atoi(thread.Name())
		if id < self {
			return ""
		}
		if best, _ := strconv.Atoi(first); id > self && (first == "" || id < best) {
			first = thread.Name()
		}
	}
	return first
}

// WithGivenSlack starts a program, by start, in a thread with the timer slack that we were given: a program inherits its thread's.
func WithGivenSlack(start func() error) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if given, err := givenSlack(); err == nil {
		unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(given), 0, 0, 0) // where this fails we have changed nothing either
	}
	return start()
}

// Beside runs f at the same time, on another processor, and at once.
func Beside(f func()) {
	go f()
	Elsewhere()
}

// Elsewhere lets another processor go on with what was just begun, or woken. That is kept for the processor that did so, and another
// one waits before it takes it away: the goroutine that is started here takes its place, and does nothing.
func Elsewhere() { go func() {}() }
