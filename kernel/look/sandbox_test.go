// This file starts processes in namespaces of their own, for the tests to look at.
package look

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// inside starts `sh -c script` under unshare with these flags and returns its pid when the script has printed a line. It ends
// with the test: its standard input is closed, for which every script waits with `cat`.
func inside(t *testing.T, flags, script string) int {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: it makes namespaces")
	}
	args := append(strings.Fields(flags), "sh", "-c", script+"\necho $$; exec cat")
	c := exec.Command("unshare", args...)
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
	t.Cleanup(func() { end(t, stdin, c) })
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("unshare %s: %v", flags, err)
	}
	if !strings.Contains(flags, "--fork") {
		return c.Process.Pid
	}
	children, err := Children(c.Process.Pid)
	if err != nil || len(children) != 1 {
		t.Fatalf("children of %d: %v, error %v; want one", c.Process.Pid, children, err)
	}
	return children[0]
}

func end(t *testing.T, stdin io.Closer, c *exec.Cmd) {
	t.Helper()
	if err := stdin.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("process %s: %v", strconv.Itoa(c.Process.Pid), err)
	}
}
