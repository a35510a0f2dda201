// This file starts processes in namespaces of their own, for the tests to look at.
package look

import (
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

// inside starts `sh -c script` under unshare with these flags and returns its pid when it is done. It ends with the test.
func inside(t *testing.T, flags, script string) int {
	t.Helper()
	pid := testkit.Unshared(t, flags, script)
	if !strings.Contains(flags, "--fork") {
		return pid
	}
	children, err := Children(pid)
	if err != nil || len(children) != 1 {
		t.Fatalf("children of %d: %v, error %v; want one", pid, children, err)
	}
	return children[0]
}
