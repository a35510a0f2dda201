// This file reads /proc, the kernel's own account of its processes: man 5 proc.
package look

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func procPath(pid int, name string) string {
	return "/proc/" + strconv.Itoa(pid) + "/" + name
}

// readProc reads /proc/PID/name.
func readProc(pid int, name string) (string, error) {
	text, err := os.ReadFile(procPath(pid, name))
	if err != nil {
		return "", fmt.Errorf("look at process %d: %w%s", pid, err, remedy(err))
	}
	return string(text), nil
}

// gone tells that a process ended while we looked, which is nobody's mistake.
func gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
}

// outOfReach tells that a walk over all processes can do without this one.
func outOfReach(err error) bool { return gone(err) || errors.Is(err, fs.ErrPermission) }

// remedy says what helps, at the end of an error.
func remedy(err error) string {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return " (be root; a few processes are closed even to it)"
	case gone(err):
		return " (is the process still running? ps -e lists those that are)"
	}
	return ""
}

// fields is the text of a file with lines such as "Uid:	0	0	0	0".
type fields map[string]string

func status(pid int) (fields, error) {
	text, err := readProc(pid, "status")
	if err != nil {
		return nil, err
	}
	return parseFields(text), nil
}

func parseFields(text string) fields {
	found := fields{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(line, ":"); ok {
			found[name] = strings.TrimSpace(value)
		}
	}
	return found
}

// ints reads the numbers of a field. A field that this kernel does not have is no numbers.
func (f fields) ints(name string) ([]int, error) {
	var numbers []int
	for _, word := range strings.Fields(f[name]) {
		n, err := strconv.Atoi(word)
		if err != nil {
			return nil, fmt.Errorf("read the field %s: %w", name, err)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// int reads the one number of a field; 0 if this kernel does not have it.
func (f fields) int(name string) (int, error) {
	numbers, err := f.ints(name)
	if err != nil || len(numbers) == 0 {
		return 0, err
	}
	return numbers[0], nil
}

// Exists tells whether this kernel has a file of /proc or /sys.
func Exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
