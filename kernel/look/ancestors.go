// This file reads who a process descends from, and its label of a security module.
package look

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Ancestor is a parent, or the parent of one.
type Ancestor struct {
	PID  int      `json:"pid"`
	Name string   `json:"name"`
	Args []string `json:"args"`
}

// Ancestors lists the parent of a process, the parent's parent and so on, to the one that has none here.
func Ancestors(pid int) ([]Ancestor, error) {
	var found []Ancestor
	for {
		parent, err := parentOf(pid)
		if err != nil || parent == 0 {
			return found, err
		}
		s, err := status(parent)
		if gone(err) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		args, err := Args(parent)
		if err != nil && !outOfReach(err) {
			return nil, err
		}
		found = append(found, Ancestor{parent, s["Name"], args})
		pid = parent
	}
}

// Args are the words of the command that a process was started with. Kernel threads and zombies have none.
func Args(pid int) ([]string, error) {
	text, err := readProc(pid, "cmdline")
	if err != nil || text == "" {
		return nil, err
	}
	return strings.Split(strings.TrimRight(text, "\x00"), "\x00"), nil
}

// Label is what AppArmor, SELinux or Smack calls a process: "docker-default (enforce)", "unconfined"; empty if none of them is in use.
func Label(pid int) (string, error) {
	text, err := os.ReadFile(procPath(pid, "attr/current"))
	if errors.Is(err, unix.EINVAL) || errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read the label of process %d: %w%s", pid, err, remedy(err))
	}
	return strings.TrimRight(string(text), "\n\x00"), nil
}
