// Package devices reads which devices the members of a cgroup may use: in v1 a list in a file, in v2 programs that the kernel runs
// for each open and mknod. It changes nothing. The kernel's cgroup-v1/devices.rst; man 2 bpf.
//
//	devices.go  Of: the answer for a process       program.go  the programs of a group, read back from the kernel
//	decode.go   from instructions to rules         render.go   the answer as a table
package devices

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"glassbox/kernel/look"
)

// Allowed is what the devices controller says for a group.
type Allowed struct {
	Version int    `json:"version"` // of cgroups; 0: no controller, everything is allowed
	Group   string `json:"group"`
	Lists   []List `json:"lists"` // all of them have to allow it: a group's own and those of the groups above
}

// List are rules of which the first that matches decides. v1 has one, v2 one for each program.
type List struct {
	Program      int    `json:"program,omitempty"` // its id in the kernel
	Name         string `json:"name,omitempty"`
	Instructions int    `json:"instructions,omitempty"`
	Rules        []Rule `json:"rules"`
	Unread       string `json:"unread,omitempty"` // why the program could not be understood
}

// Rule allows or denies.
type Rule struct {
	Allow  bool   `json:"allow"`
	Type   string `json:"type"`   // b, c, or a for both
	Major  int64  `json:"major"`  // -1: any
	Minor  int64  `json:"minor"`  //
	Access string `json:"access"` // of r, w, m
	Any    bool   `json:"any"`    // it matches if any of Access is wanted; otherwise nothing but Access may be
}

// Of reads the rules for a process.
func Of(pid int) (Allowed, error) {
	layout, err := look.HostLayout()
	if err != nil {
		return Allowed{}, err
	}
	groups, err := look.CgroupOf(pid)
	if err != nil {
		return Allowed{}, err
	}
	a := Allowed{}
	a.Group, a.Version = look.CgroupDir(layout, groups, "devices")
	switch a.Version {
	case 1:
		a.Lists, err = fileList(a.Group + "/devices.list")
	case 2:
		a.Lists, err = Programs(a.Group)
	}
	return a, err
}

// fileList reads lines like "c 1:3 rwm"; what no line allows is denied.
func fileList(path string) ([]List, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the allowed devices: %w", err)
	}
	var l List
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if len(words) != 3 {
			return nil, fmt.Errorf("read the allowed devices: %s: not a rule: %q", path, line)
		}
		major, minor, _ := strings.Cut(words[1], ":")
		l.Rules = append(l.Rules, Rule{Allow: true, Type: words[0], Major: number(major), Minor: number(minor), Access: words[2]})
	}
	if len(l.Rules) == 0 || l.Rules[0].Type != "a" {
		l.Rules = append(l.Rules, rest(false))
	}
	return []List{l}, nil
}

func rest(allow bool) Rule { return Rule{Allow: allow, Type: "a", Major: -1, Minor: -1, Access: "rwm"} }

func number(word string) int64 {
	n, err := strconv.ParseInt(word, 10, 64)
	if err != nil { // "*"
		return -1
	}
	return n
}
