// Package stage knows the process that becomes the container's program. Until then it is a deputy, which makes calls as it is told:
// see kernel/deputy.go. What is here is what it has to be told besides the plan, and what of this program is executed inside.
package stage

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"glassbox/kernel"
)

// The names by which a copy of this program knows what it is; ps shows them.
const (
	name     = "glassbox: stage"
	initName = "glassbox: init"
)

// Argv are the arguments of a deputy.
func Argv() []string { return []string{name} }

// IsInside tells whether this process is the init that a stage has become, or a helper of one.
func IsInside() bool { return os.Args[0] == initName || os.Args[0] == kernel.CopyUpTitle }

// Main is called first thing when IsInside. It does not return.
func Main() {
	runtime.LockOSThread() // namespaces belong to a thread
	if os.Args[0] == initName {
		os.Exit(reap(os.Args[1:]))
	}
	if err := kernel.CopyUp(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// LookEnv returns the last value: a later one overrides, as in Docker's -e.
func LookEnv(env []string, key string) string {
	value := ""
	for _, e := range env {
		if k, v, ok := strings.Cut(e, "="); ok && k == key {
			value = v
		}
	}
	return value
}
