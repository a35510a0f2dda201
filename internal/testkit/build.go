// This file finds the built programs: in GLASSBOX_BIN, or built once by make.
package testkit

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// binDir names, in the environment, the directory of the built programs. `make test` sets it.
const binDir = "GLASSBOX_BIN"

// Program returns the path of a built program: "glassbox", "glassbox-images" or "glassbox-oci".
func Program(t testing.TB, name string) string {
	t.Helper()
	if os.Getenv(binDir) == "" {
		build(t)
	}
	path := filepath.Join(os.Getenv(binDir), name)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: run make build, or unset %s", err, binDir)
	}
	return path
}

// build runs `make build` and remembers it in the environment for the tests that follow.
func build(t testing.TB) {
	t.Helper()
	root := Repository(t)
	if out, err := exec.Command("make", "-C", root, "build").CombinedOutput(); err != nil {
		t.Fatalf("make build: %v\n%s", err, out)
	}
	if err := os.Setenv(binDir, filepath.Join(root, "bin")); err != nil {
		t.Fatal(err)
	}
}

// Repository returns the directory that holds go.mod, above the one the test runs in.
func Repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.mod above the test's directory")
	return ""
}
