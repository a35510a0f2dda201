// This file looks at what only a member of a namespace can see. The hostname is such a thing: /proc/PID/root/proc/sys/
// kernel/hostname shows the reader's own, whoever's /proc it is.
package look

import (
	"fmt"
	"os"
	"runtime"

	"golang.org/x/sys/unix"
)

// Hostname is the name of the machine as a process sees it.
func Hostname(pid int) (string, error) {
	var name string
	err := Inside(NamespacePath(pid, "uts"), unix.CLONE_NEWUTS, func() error {
		var u unix.Utsname
		err := unix.Uname(&u)
		name = unix.ByteSliceToString(u.Nodename[:])
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read the hostname of process %d: %w", pid, err)
	}
	return name, nil
}

// Inside calls see on a thread that has joined the namespace of a file; the other threads of this process notice nothing.
// What see opens, a socket for instance, stays in that namespace. kind is CLONE_NEWNET, CLONE_NEWUTS or CLONE_NEWIPC.
func Inside(namespace string, kind int, see func() error) error {
	file, err := os.Open(namespace)
	if err != nil {
		return fmt.Errorf("open the namespace: %w%s", err, remedy(err))
	}
	defer file.Close()
	done := make(chan error)
	go OnThrowawayThread(func() {
		if err := unix.Setns(int(file.Fd()), kind); err != nil {
			done <- fmt.Errorf("join the namespace %s: %w%s", namespace, err, remedy(err))
			return
		}
		done <- see()
	})
	return <-done
}

// OnThrowawayThread does work that spoils a thread, such as joining a namespace. It ends its goroutine without unlocking the
// thread, and so Go ends the thread too: nobody else can come to run in the wrong namespace. The main thread can not be ended,
// and /proc/self shows its namespaces, so it is kept busy while another goroutine, and with it another thread, does the work.
func OnThrowawayThread(work func()) {
	runtime.LockOSThread()
	if unix.Gettid() != unix.Getpid() {
		work()
		return
	}
	defer runtime.UnlockOSThread()
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		OnThrowawayThread(work)
	}()
	<-finished
}
