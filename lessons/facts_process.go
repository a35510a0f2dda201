// This file answers facts about processes and their namespaces.
package lessons

import (
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"glassbox/kernel/look"
)

func processKinds() []kind {
	return []kind{
		{"{type} namespace of {pid} is not that of {pid}", negated(sameNamespace)},
		{"{type} namespace of {pid} is that of {pid}", sameNamespace},
		{"hostname of {pid} is {name}", hostname},
		{"process {pid} calls itself {number}", callsItself},
		{"process {pid} is gone", negated(alive)},
		{"process {pid} is alive", alive},
		{"user map of {pid} is {numbers}", userMap},
	}
}

// negated turns an answer round.
func negated(judge func([]string) (finding, error)) func([]string) (finding, error) {
	return func(args []string) (finding, error) {
		f, err := judge(args)
		f.holds = !f.holds
		return f, err
	}
}

func sameNamespace(args []string) (finding, error) {
	var f finding
	var inodes []uint64
	for _, word := range args[1:] {
		pid, err := process(word)
		if err != nil {
			return f, err
		}
		inode, err := look.Namespace(pid, args[0])
		if err != nil {
			return f, err
		}
		inodes = append(inodes, inode)
		f.evidence = append(f.evidence, fmt.Sprintf("%s -> %s:[%d]", look.NamespacePath(pid, args[0]), args[0], inode))
	}
	f.holds = inodes[0] == inodes[1]
	return f, nil
}

func hostname(args []string) (finding, error) {
	pid, err := process(args[0])
	if err != nil {
		return finding{}, err
	}
	name, err := look.Hostname(pid)
	return finding{like(args[1], name), []string{fmt.Sprintf("uname in %s: %s", look.NamespacePath(pid, "uts"), name)}}, err
}

// callsItself compares the pid that a process has in its own pid namespace.
func callsItself(args []string) (finding, error) {
	pid, err := process(args[0])
	if err != nil {
		return finding{}, err
	}
	pids, err := look.NSpid(pid)
	if err != nil {
		return finding{}, err
	}
	holds := len(pids) > 0 && strconv.Itoa(pids[len(pids)-1]) == args[1]
	return finding{holds, []string{fmt.Sprintf("/proc/%d/status NSpid: %s", pid, strings.Trim(fmt.Sprint(pids), "[]"))}}, nil
}

// alive takes a zombie for dead: only its exit status is left.
func alive(args []string) (finding, error) {
	pid, err := process(args[0])
	if err != nil {
		return finding{}, err
	}
	p, err := look.ReadProcess(pid)
	if errors.Is(err, fs.ErrNotExist) {
		return finding{false, []string{fmt.Sprintf("/proc/%d is not there", pid)}}, nil
	}
	return finding{!strings.HasPrefix(p.State, "Z"), []string{fmt.Sprintf("/proc/%d/status State: %s", pid, p.State)}}, err
}

// userMap compares the lines of uid_map, "inside outside count", with commas between them.
func userMap(args []string) (finding, error) {
	pid, err := process(args[0])
	if err != nil {
		return finding{}, err
	}
	ranges, err := look.IDMap(pid, "uid_map")
	var lines []string
	for _, r := range ranges {
		lines = append(lines, fmt.Sprintf("%d %d %d", r.Inside, r.Outside, r.Size))
	}
	text := strings.Join(lines, ", ")
	return finding{text == args[1], []string{fmt.Sprintf("/proc/%d/uid_map: %s", pid, text)}}, err
}
