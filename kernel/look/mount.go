// This file reads the mounts of a process: man 5 proc, "/proc/pid/mountinfo".
package look

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Mount is one line of mountinfo.
type Mount struct {
	ID           int    `json:"id"`
	Parent       int    `json:"parent"`
	Major        int    `json:"major"`
	Minor        int    `json:"minor"`
	Root         string `json:"root"`  // what of the file system is shown: "/" or, for a bind mount, a path in it
	Point        string `json:"point"` // where it is shown
	Options      string `json:"options"`
	Propagation  string `json:"propagation"` // "private", "shared:N", "master:N" (a slave), "unbindable", or several
	FSType       string `json:"fstype"`
	Source       string `json:"source"`
	SuperOptions string `json:"super_options"` // as the kernel writes it: "\054" is a comma inside a value
}

// Mounts lists the mounts of a process in the order in which they were made visible.
func Mounts(pid int) ([]Mount, error) {
	text, err := os.ReadFile(procPath(pid, "mountinfo"))
	if err != nil {
		return nil, fmt.Errorf("list the mounts of process %d: %w", pid, err)
	}
	return ParseMounts(string(text))
}

// ParseMounts reads the text of a mountinfo file.
func ParseMounts(text string) ([]Mount, error) {
	var mounts []Mount
	for line := range strings.Lines(text) {
		m, err := parseMount(line)
		if err != nil {
			return nil, err
		}
		mounts = append(mounts, m)
	}
	return mounts, nil
}

// parseMount reads one line; any number of optional fields stands before the dash:
//
//	36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
func parseMount(line string) (Mount, error) {
	before, after, found := strings.Cut(strings.TrimSuffix(line, "\n"), " - ")
	left, right := strings.Fields(before), strings.SplitN(after, " ", 3)
	if !found || len(left) < 6 || len(right) < 3 {
		return Mount{}, fmt.Errorf("read mountinfo: not a mount: %q", line)
	}
	m := Mount{
		Root: unescape(left[3]), Point: unescape(left[4]), Options: left[5],
		Propagation: "private",
		FSType:      right[0], Source: unescape(right[1]), SuperOptions: right[2],
	}
	if len(left) > 6 {
		m.Propagation = strings.Join(left[6:], " ")
	}
	if err := m.setNumbers(left); err != nil {
		return Mount{}, fmt.Errorf("read mountinfo: %q: %w", line, err)
	}
	return m, nil
}

func (m *Mount) setNumbers(left []string) error {
	major, minor, _ := strings.Cut(left[2], ":")
	for _, field := range []struct {
		text string
		to   *int
	}{{left[0], &m.ID}, {left[1], &m.Parent}, {major, &m.Major}, {minor, &m.Minor}} {
		n, err := strconv.Atoi(field.text)
		if err != nil {
			return err
		}
		*field.to = n
	}
	return nil
}

// unescape undoes the octal escapes with which the kernel keeps blanks out of a field: "\040" is a space.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var out strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		out.WriteByte(s[i])
	}
	return out.String()
}
