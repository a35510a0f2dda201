// This file looks at what is kept in files: mounts, sysctls, cgroup directories, processes, state directories.
package testkit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/sys/mountinfo"
)

func mounts() ([]string, error) {
	table, err := mountinfo.GetMounts(nil)
	if err != nil {
		return nil, err
	}
	lines := make([]string, len(table))
	for i, m := range table {
		propagation, _, _ := strings.Cut(m.Optional, ":") // without the peer group's number
		lines[i] = strings.Join([]string{m.Mountpoint, m.FSType, m.Source, m.Root, m.Options, m.VFSOptions, propagation}, " ")
	}
	return lines, nil
}

func sysctls() ([]string, error) {
	var lines []string
	for _, name := range []string{"net/ipv4/ip_forward", "kernel/hostname"} {
		value, err := os.ReadFile("/proc/sys/" + name)
		if err != nil {
			return nil, err
		}
		lines = append(lines, name+"="+strings.TrimSpace(string(value)))
	}
	return lines, nil
}

// cgroups lists the directories of these names, and those below, in every mounted hierarchy.
func cgroups(names []string) ([]string, error) {
	if len(names) == 0 {
		return nil, nil
	}
	named := func(part string) bool { return slices.Contains(names, part) }
	hierarchies, err := mountinfo.GetMounts(mountinfo.FSTypeFilter("cgroup", "cgroup2"))
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, h := range hierarchies {
		err := filepath.WalkDir(h.Mountpoint, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil // somebody else's group, gone while we walked
			}
			if err == nil && d.IsDir() && slices.ContainsFunc(strings.Split(path, "/"), named) {
				lines = append(lines, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return lines, nil
}

func files(dirs []string) ([]string, error) {
	var lines []string
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err == nil {
				lines = append(lines, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return lines, nil
}

// processes names the living descendants of pid.
func processes(pid int) ([]string, error) {
	pids, err := Descendants(pid)
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, p := range pids {
		command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", p))
		if err != nil || len(command) == 0 {
			continue // a zombie, or gone
		}
		lines = append(lines, strings.TrimSpace(strings.ReplaceAll(string(command), "\x00", " ")))
	}
	return lines, nil
}

// Descendants lists the processes that descend from pid, parents first. In a sandbox, whose test program is a subreaper,
// nothing that a test started can escape this list.
func Descendants(pid int) ([]int, error) {
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children := map[int][]int{}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // gone since the listing
		}
		// pid (name) state parent ...: the name may hold blanks and brackets, so look from its end.
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		parent, _ := strconv.Atoi(fields[1])
		children[parent] = append(children[parent], child)
	}
	found := slices.Clone(children[pid])
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found, nil
}
