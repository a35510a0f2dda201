// This file finds processes: all of them, those of a namespace, the children of one: man 7 pid_namespaces.
package look

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Processes lists the processes that our /proc shows: those of its pid namespace and of the ones below it.
func Processes() ([]int, error) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		return nil, fmt.Errorf("list the processes: %w", err)
	}
	var pids []int
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids, nil
}

// ProcessesIn lists the processes that are in a namespace, by the pids that we know them by. Processes that end while we
// look, or are closed to us, are left out.
func ProcessesIn(typ string, inode uint64) ([]int, error) {
	return processesThat(func(pid int) (bool, error) {
		its, err := Namespace(pid, typ)
		return its == inode, err
	})
}

// Children lists the processes whose parent is pid.
func Children(pid int) ([]int, error) {
	return processesThat(func(child int) (bool, error) {
		parent, err := parentOf(child)
		return parent == pid, err
	})
}

func processesThat(match func(pid int) (bool, error)) ([]int, error) {
	pids, err := Processes()
	if err != nil {
		return nil, err
	}
	var found []int
	for _, pid := range pids {
		ok, err := match(pid)
		if err != nil && !outOfReach(err) {
			return nil, err
		}
		if ok && err == nil {
			found = append(found, pid)
		}
	}
	return found, nil
}

// parentOf reads the fourth field of "12 (a name) S 1 …". The name may hold blanks and parentheses, so the last one counts.
func parentOf(pid int) (int, error) {
	text, err := readProc(pid, "stat")
	if err != nil {
		return 0, err
	}
	words := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(words) < 2 {
		return 0, fmt.Errorf("find the parent of process %d: unexpected text %q", pid, text)
	}
	return strconv.Atoi(words[1])
}

// NSpid lists the pids of one process: first as our /proc knows it, last as it knows itself, between them one for each pid
// namespace that lies between.
func NSpid(pid int) ([]int, error) {
	f, err := status(pid)
	if err != nil {
		return nil, err
	}
	return f.ints("NSpid")
}
