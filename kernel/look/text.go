// This file reads what every start reads of the kernel's files. os.ReadFile would first ask whether the file can be waited for, with
// more calls than reading it takes.
package look

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Text is what a file of /proc, or of a cgroup, says.
func Text(path string) (string, error) {
	var text strings.Builder
	err := pieces(path, func(lines string) bool {
		text.WriteString(lines)
		return true
	})
	return text.String(), err
}

// pieces reads a file as long as somebody wants to go on, a page at a time, which is as much as the kernel makes up at once. What is
// not at the end of the file ends with a line.
func pieces(path string, use func(lines string) (goOn bool)) error {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	page, rest := make([]byte, 1<<12), ""
	for {
		n, err := unix.Read(fd, page)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return &os.PathError{Op: "read", Path: path, Err: err}
		case n == 0:
			if rest != "" {
				use(rest)
			}
			return nil
		}
		rest += string(page[:n])
		if end := strings.LastIndexByte(rest, '\n') + 1; end > 0 {
			if !use(rest[:end]) {
				return nil
			}
			rest = rest[end:]
		}
	}
}
