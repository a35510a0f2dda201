// This file runs the tests of this package in a sandbox, and lets the test program be a child as well: one that does something
// which a test may not do to itself, or that waits to be looked at.
package kernel

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
)

// The names by which a copy of the test program knows that it is a child.
const (
	waiterName = "glassbox-test: waiter" // ends with its standard input
	doerName   = "glassbox-test: doer"   // does what childDeeds has under its first argument
)

func TestMain(m *testing.M) {
	switch os.Args[0] {
	case waiterName:
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	case doerName:
		if err := childDeeds()[os.Args[1]](); err != nil {
			fmt.Print(err)
		}
		os.Exit(0)
	}
	os.Exit(testkit.Sandbox(m))
}

// inChild does a deed in a child that is born as attr says, and returns what it answered: an error's text, or nothing.
func inChild(t *testing.T, deed string, attr *syscall.SysProcAttr) string {
	t.Helper()
	self, err := os.Executable() // what /proc/self/exe leads to is no part of the child's mount namespace, if it has a new one
	must(t, err)
	if attr.Credential != nil {
		self = "/proc/self/exe" // nobody else may search the directory that holds the test program
	}
	child := exec.Command(self)
	child.Args = []string{doerName, deed}
	child.SysProcAttr = attr
	out, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", deed, err, out)
	}
	return string(out)
}

// userNamespace is a birth in a user namespace whose root is ours, with these namespaces besides.
func userNamespace(flags uintptr) *syscall.SysProcAttr {
	one := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1}}
	return &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | flags, UidMappings: one, GidMappings: one}
}

// nobody is a birth without any right.
func nobody() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
}

// shell runs lines in sh.
func shell(t *testing.T, lines ...string) string {
	t.Helper()
	out, err := exec.Command("sh", "-ec", strings.Join(lines, "\n")).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(lines, "\n"), err, out)
	}
	return string(out)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
