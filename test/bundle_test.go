// This file makes a bundle as the OCI runtime specification wants it: config.json and a root filesystem with one program.
package test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"glassbox/internal/testkit"
)

// newBundle returns a directory whose container runs `true`: the configuration that glassbox-oci proposes, without a terminal.
func newBundle(t *testing.T) string {
	t.Helper()
	testkit.Need(t, testkit.Binary("busybox"))
	dir := t.TempDir()
	for _, name := range []string{"bin", "proc", "dev", "sys"} {
		must(t, os.MkdirAll(filepath.Join(dir, "rootfs", name), 0o755))
	}
	busybox, err := exec.LookPath("busybox")
	must(t, err)
	program, err := os.ReadFile(busybox)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "rootfs/bin/true"), program, 0o755))
	spec := exec.Command(testkit.Program(t, "glassbox-oci"), "spec")
	spec.Dir = dir
	must(t, spec.Run())
	path := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(path)
	must(t, err)
	var config map[string]any
	must(t, json.Unmarshal(text, &config))
	process := config["process"].(map[string]any)
	process["terminal"], process["args"] = false, []string{"true"}
	text, err = json.Marshal(config)
	must(t, err)
	must(t, os.WriteFile(path, text, 0o644))
	return dir
}
