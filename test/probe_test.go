// This file is the probe: the test program once more, as the program of a container, where it tries what an attacker would and
// says how far it got. It is one static file, so an empty root file system is enough for it.
package test

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// probePath is where a cell has the probe; by this name it knows itself.
const probePath = "/probe"

func isProbe() bool { return os.Args[0] == probePath }

// probe carries out one attack and returns the exit code.
func probe(args []string) int {
	attacks := map[string]func(args []string) error{
		"fds": tellDescriptors, "reach": reachOut, "stalk": stalk, "overwrite": overwrite, "calls": makeCalls,
		"read": readFiles, "write": writeFiles, "sleep": sleep, "mounts": tellMounts,
		"keyring": tellKeyring,
	}
	attack, known := attacks[args[0]]
	if !known {
		fmt.Println("no such attack:", args[0])
		return 2
	}
	if err := attack(args[1:]); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

func sleep([]string) error {
	fmt.Println("begin")
	return unix.Pause()
}

// tellDescriptors prints what is open here besides the directory that is read for it.
func tellDescriptors([]string) error {
	for fd := range 64 {
		if target, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil {
			fmt.Println(fd, target)
		}
	}
	return nil
}

// reachOut opens a file of the host by every descriptor, and from the working directory upwards.
func reachOut(args []string) error {
	name := strings.TrimPrefix(args[0], "/")
	up := strings.Repeat("../", 20)
	for fd := range 64 {
		for _, way := range []string{name, up + name} {
			if f, err := unix.Openat(fd, way, unix.O_RDONLY, 0); err == nil {
				fmt.Printf("reached by descriptor %d\n", fd)
				unix.Close(f)
			}
		}
	}
	for _, way := range []string{name, up + name} {
		if f, err := unix.Open(way, unix.O_RDONLY, 0); err == nil {
			fmt.Println("reached from the working directory")
			unix.Close(f)
		}
	}
	return nil
}

// readFiles prints the size and the beginning of each file, or why it can not be read.
func readFiles(paths []string) error {
	for _, path := range paths {
		text := make([]byte, 100)
		f, err := os.Open(path)
		n := 0
		if err == nil {
			n, err = f.Read(text)
			f.Close()
		}
		fmt.Printf("%s: %q %s\n", path, text[:n], word(err))
	}
	return nil
}

// writeFiles opens each file for writing, writes nothing, and prints how that went.
func writeFiles(paths []string) error {
	for _, path := range paths {
		fd, err := unix.Open(path, unix.O_WRONLY, 0)
		if err == nil {
			unix.Close(fd)
		}
		fmt.Printf("%s: %s\n", path, word(err))
	}
	return nil
}

func tellMounts([]string) error {
	text, err := os.ReadFile("/proc/self/mountinfo")
	fmt.Print(string(text))
	return err
}

// tellKeyring describes the session keyring: type, owner, group, permissions, name.
func tellKeyring([]string) error {
	text, err := unix.KeyctlString(unix.KEYCTL_DESCRIBE, unix.KEY_SPEC_SESSION_KEYRING)
	fmt.Println(text)
	return err
}

// word is the name of an errno, or "done".
func word(err error) string {
	for err != nil {
		if errno, ok := err.(unix.Errno); ok {
			return unix.ErrnoName(errno)
		}
		inner, ok := err.(interface{ Unwrap() error })
		if !ok {
			return err.Error()
		}
		err = inner.Unwrap()
	}
	return "done"
}
