// This file starts processes in namespaces of their own, for tests to look at.
package testkit

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Unshared starts `sh -c script` under unshare with these flags and returns the pid of unshare when the script is done. The
// process goes on waiting until the test ends.
func Unshared(t testing.TB, flags, script string) int {
	t.Helper()
	Need(t, Root(), Binary("unshare"))
	c := exec.Command("unshare", append(strings.Fields(flags), "sh", "-c", script+"\necho; exec cat")...)
	c.Stderr = os.Stderr
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(stdin.Close(), c.Wait()); err != nil { // cat ends with its input
			t.Errorf("unshare %s: %v", flags, err)
		}
	})
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("unshare %s: %v", flags, err)
	}
	return c.Process.Pid
}
