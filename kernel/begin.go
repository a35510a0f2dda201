// This file is what all programs begin with, so that they are at work sooner. None of it changes what they do.
package kernel

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// Begin prepares the Go runtime for a command that is over after some milliseconds.
func Begin() {
	growStack()
	relaxMonitor()
}

// growStack makes the stack as large as every command needs it, while there is next to nothing on it. It would grow anyway, step
// by step, and at each step the Go runtime walks all that is on it: that is some per cent of a short command's time.
//
//go:noinline
func growStack() byte {
	var room [14 << 10]byte
	return room[len(os.Args)%len(room)]
}

// relaxMonitor lets the Go runtime's monitor (sysmon) sleep. That is a thread which looks every twenty microseconds whether a call
// of the kernel takes long, to have something else done meanwhile. How late nanosleep(2) may wake it is its timer slack, 50 µs if
// nobody says more; in the ten milliseconds that a container takes it is woken a hundred times, and takes a twentieth of their
// processor time. The monitor is the first thread that a program starts. For another thread than one's own the slack is a file, and
// root's alone (CAP_SYS_NICE): without it everything goes on as before. man 2 prctl, PR_SET_TIMERSLACK; man 5 proc, timerslack_ns.
func relaxMonitor() {
	const slack = "2000000" // nanoseconds
	monitor := strconv.Itoa(os.Getpid() + 1)
	if unix.Access("/proc/self/task/"+monitor, unix.F_OK) != nil {
		return // somebody else's process came between
	}
	fd, err := unix.Open("/proc/"+monitor+"/timerslack_ns", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	defer unix.Close(fd)
	unix.Write(fd, []byte(slack))
}

// Beside runs f at the same time, on another processor, and at once. A goroutine that go has just started is kept for the processor
// that started it: another one waits before it takes that away, for three microseconds by its own account, which the kernel's timer
// slack makes a hundred. The second one takes its place, and does nothing.
func Beside(f func()) {
	go f()
	go func() {}()
}
