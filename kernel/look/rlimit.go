// This file reads the resource limits of a process: man 2 getrlimit.
package look

import (
	"fmt"
	"strings"
)

// Rlimit is one resource limit. "unlimited" is a value.
type Rlimit struct {
	Name string `json:"name"` // "RLIMIT_NOFILE"
	Soft string `json:"soft"`
	Hard string `json:"hard"`
	Unit string `json:"unit,omitempty"`
}

// Rlimits reads /proc/PID/limits.
func Rlimits(pid int) ([]Rlimit, error) {
	text, err := readProc(pid, "limits")
	if err != nil {
		return nil, err
	}
	return parseRlimits(text)
}

// parseRlimits reads the columns of a table that is made for people: the names hold blanks, and a unit may be missing.
//
//	Limit                     Soft Limit           Hard Limit           Units
//	Max open files            1024                 524288               files
func parseRlimits(text string) ([]Rlimit, error) {
	const soft = len("Limit                     ")
	var limits []Rlimit
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "Limit ") {
			continue
		}
		if len(line) < soft {
			return nil, fmt.Errorf("read the resource limits: unexpected line %q", line)
		}
		title, values := strings.TrimSpace(line[:soft]), strings.Fields(line[soft:])
		if len(values) < 2 {
			return nil, fmt.Errorf("read the resource limits: unexpected line %q", line)
		}
		limits = append(limits, Rlimit{rlimitName(title), values[0], values[1], strings.Join(values[2:], " ")})
	}
	return limits, nil
}

// rlimitName is the constant for a title; the title itself for one that is newer than this table.
func rlimitName(title string) string {
	name, known := map[string]string{
		"Max cpu time":          "RLIMIT_CPU",
		"Max file size":         "RLIMIT_FSIZE",
		"Max data size":         "RLIMIT_DATA",
		"Max stack size":        "RLIMIT_STACK",
		"Max core file size":    "RLIMIT_CORE",
		"Max resident set":      "RLIMIT_RSS",
		"Max processes":         "RLIMIT_NPROC",
		"Max open files":        "RLIMIT_NOFILE",
		"Max locked memory":     "RLIMIT_MEMLOCK",
		"Max address space":     "RLIMIT_AS",
		"Max file locks":        "RLIMIT_LOCKS",
		"Max pending signals":   "RLIMIT_SIGPENDING",
		"Max msgqueue size":     "RLIMIT_MSGQUEUE",
		"Max nice priority":     "RLIMIT_NICE",
		"Max realtime priority": "RLIMIT_RTPRIO",
		"Max realtime timeout":  "RLIMIT_RTTIME",
	}[title]
	if !known {
		return title
	}
	return name
}
