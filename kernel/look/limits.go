// This file reads what is limited and counted for a process, from the files of its cgroups.
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

// Limit is one file, or one entry of a file, of the cgroups of a process.
type Limit struct {
	Resource   string `json:"resource"` // "memory limit"
	Controller string `json:"controller"`
	Version    int    `json:"version"`        // of cgroups; 0 if no tree has the controller
	File       string `json:"file,omitempty"` // "/sys/fs/cgroup/box/cpu.max"
	Entry      string `json:"entry,omitempty"`
	V2         string `json:"v2,omitempty"` // what the two versions call it: "memory.max"
	V1         string `json:"v1,omitempty"`
	Present    bool   `json:"present"` // false: the cgroup has no such file, as v2's root has no limits
	Value      string `json:"value"`   // as the kernel writes it
}

// CgroupLimits reads the limits and the use of a process's cgroups.
func CgroupLimits(pid int) ([]Limit, error) {
	l, err := HostLayout()
	if err != nil {
		return nil, err
	}
	groups, err := CgroupOf(pid)
	if err != nil {
		return nil, err
	}
	return LimitsOf(l, groups)
}

// LimitsOf reads the limits of the cgroups that groups names in a layout.
func LimitsOf(l Layout, groups []Membership) ([]Limit, error) {
	var limits []Limit
	for _, k := range knobs() {
		dir, version := CgroupDir(l, groups, k.controller)
		file := k.v2
		if version == 1 {
			file = k.v1
		}
		if file == "" {
			continue
		}
		limit := Limit{Resource: k.resource, Controller: k.controller, Version: version, V2: k.v2, V1: k.v1}
		if version != 0 {
			name, entry, _ := strings.Cut(file, "#")
			limit.File, limit.Entry = dir+"/"+name, entry
		}
		if err := limit.read(); err != nil {
			return nil, err
		}
		limits = append(limits, limit)
	}
	return limits, nil
}

// read fills in the value.
func (l *Limit) read() error {
	if l.Version == 0 {
		return nil
	}
	text, err := os.ReadFile(l.File)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENODEV), errors.Is(err, unix.EOPNOTSUPP):
		return nil
	case err != nil:
		return fmt.Errorf("read the %s: %w%s", l.Resource, err, remedy(err))
	}
	l.Present = true
	l.Value = strings.TrimSpace(string(text))
	if l.Entry != "" {
		l.Value, l.Present = entryOf(l.Value, l.Entry)
	}
	return nil
}

// entryOf picks the word with a number ("2") or the value with a key ("nr_throttled") from a text.
func entryOf(text, entry string) (string, bool) {
	words := strings.Fields(text)
	if n, err := strconv.Atoi(entry); err == nil {
		if n > len(words) {
			return "", false
		}
		return words[n-1], true
	}
	for i := 0; i+1 < len(words); i += 2 {
		if words[i] == entry {
			return words[i+1], true
		}
	}
	return "", false
}
