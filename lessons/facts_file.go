// This file answers facts about files, as a process sees them: below /proc/PID/root, which also shows its own mounts.
package lessons

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

func fileKinds() []kind {
	return []kind{
		{"file {path} of {pid} is {what}", fileIs},
		{"file {path} of {pid} says {text}", fileSays},
		{"file {path} of {pid} has attribute {name}", fileAttribute},
	}
}

func seenBy(path, word string) (string, error) {
	pid, err := process(word)
	return fmt.Sprintf("/proc/%d/root%s", pid, path), err
}

// fileIs knows: absent, file, directory, link, device, whiteout (a character device with the numbers 0:0).
func fileIs(args []string) (finding, error) {
	file, err := seenBy(args[0], args[1])
	if err != nil {
		return finding{}, err
	}
	var st unix.Stat_t
	err = unix.Lstat(file, &st)
	if errors.Is(err, fs.ErrNotExist) {
		return finding{args[2] == "absent", []string{file + " is absent"}}, nil
	}
	if err != nil {
		return finding{}, fmt.Errorf("look at %s: %w", file, err)
	}
	what := fileKind(st)
	return finding{what == args[2], []string{fmt.Sprintf("%s is a %s, inode %d, mode %o, size %d", file, what, st.Ino, st.Mode&0o7777, st.Size)}}, nil
}

func fileKind(st unix.Stat_t) string {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return "file"
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFLNK:
		return "link"
	case unix.S_IFCHR:
		if st.Rdev == 0 {
			return "whiteout"
		}
	}
	return "device"
}

// fileSays compares the whole text, without the blanks round it.
func fileSays(args []string) (finding, error) {
	file, err := seenBy(args[0], args[1])
	if err != nil {
		return finding{}, err
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return finding{}, fmt.Errorf("read a file: %w", err)
	}
	said := strings.TrimSpace(string(text))
	return finding{like(args[2], said), []string{fmt.Sprintf("%s: %q", file, said)}}, nil
}

// fileAttribute takes "trusted.overlay.opaque=y", an extended attribute with its value.
func fileAttribute(args []string) (finding, error) {
	file, err := seenBy(args[0], args[1])
	if err != nil {
		return finding{}, err
	}
	name, want, _ := strings.Cut(args[2], "=")
	value := make([]byte, 4096)
	n, err := unix.Lgetxattr(file, name, value)
	if errors.Is(err, unix.ENODATA) {
		return finding{false, []string{file + " has no " + name}}, nil
	}
	if err != nil {
		return finding{}, fmt.Errorf("read %s of %s: %w", name, file, err)
	}
	return finding{string(value[:n]) == want, []string{fmt.Sprintf("%s has %s=%s", file, name, value[:n])}}, nil
}
