// This file takes pictures of the kernel's state before and after something and compares them. What differs between two
// equal states (ids, indexes, counters, hardware addresses drawn by lot) is left out.
package testkit

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// State is a picture: what was looked at -> one line each, sorted.
type State map[string][]string

// Watch says what to look at besides the namespaces of the test.
type Watch struct {
	Cgroups []string // directories of these names, and all below them, in every cgroup hierarchy
	Dirs    []string // the files and directories below these
}

// Snapshot looks.
func Snapshot(t testing.TB, w Watch) State {
	t.Helper()
	looks := map[string]func() ([]string, error){
		"mount":   mounts,
		"link":    links,
		"address": addresses,
		"route":   routes,
		"sysctl":  sysctls,
		"nft":     ruleset,
		"process": func() ([]string, error) { return processes(os.Getpid()) },
		"cgroup":  func() ([]string, error) { return cgroups(w.Cgroups) },
		"file":    func() ([]string, error) { return files(w.Dirs) },
	}
	state := State{}
	for what, look := range looks {
		lines, err := look()
		if err != nil {
			t.Fatalf("look at %s: %v", what, err)
		}
		slices.Sort(lines)
		state[what] = lines
	}
	return state
}

// Diff lists what is only in before (-) and only in after (+); empty when they are equal.
func Diff(before, after State) string {
	var b strings.Builder
	for _, what := range []string{"process", "mount", "cgroup", "link", "address", "route", "nft", "sysctl", "file"} {
		for _, line := range only(before[what], after[what]) {
			fmt.Fprintf(&b, "- %s: %s\n", what, line)
		}
		for _, line := range only(after[what], before[what]) {
			fmt.Fprintf(&b, "+ %s: %s\n", what, line)
		}
	}
	return b.String()
}

// only returns the lines of a that b has not as often.
func only(a, b []string) []string {
	count := map[string]int{}
	for _, line := range b {
		count[line]++
	}
	var rest []string
	for _, line := range a {
		if count[line]--; count[line] < 0 {
			rest = append(rest, line)
		}
	}
	return rest
}
