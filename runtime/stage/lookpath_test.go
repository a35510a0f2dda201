// These tests look for programs as a shell would, and check its exit codes: 127 not found, 126 not executable.
package stage

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestLookPath(t *testing.T) {
	dir := t.TempDir()
	for name, mode := range map[string]os.FileMode{"bin/tool": 0o755, "bin/text": 0o644, "sbin/text": 0o755, "sbin/tool": 0o755, "sbin/only-text": 0o644} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, mode); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir+"/bin/directory", 0o755); err != nil {
		t.Fatal(err)
	}
	path := "PATH=" + dir + "/bin:" + dir + "/none:" + dir + "/sbin"
	for _, c := range []struct {
		name string
		env  []string
		want string
		code int
	}{
		{"tool", []string{path}, dir + "/bin/tool", 0},
		{"text", []string{path}, dir + "/sbin/text", 0},                         // the first is no program: the search goes on
		{"tool", []string{"PATH=" + dir + "/sbin", path}, dir + "/bin/tool", 0}, // the last assignment counts
		{"tool", []string{path, "XPATH=/"}, dir + "/bin/tool", 0},
		{"only-text", []string{path}, "", 126},
		{"directory", []string{path}, "", 126},
		{"nothing", []string{path}, "", 127},
		{"tool", nil, "", 127},
		{dir + "/bin/tool", nil, dir + "/bin/tool", 0},
		{dir + "/bin/text", nil, "", 126},
		{dir + "/bin/directory", nil, "", 126},
		{dir + "/bin/nothing", nil, "", 127},
		{dir + "/bin/tool/x", nil, "", 126},
		{"", []string{path}, "", 126},
	} {
		got, err := lookPath(c.name, c.env)
		var notRun *execError
		switch {
		case c.code == 0 && (err != nil || got != c.want):
			t.Errorf("%s %v: %s (%v), want %s", c.name, c.env, got, err, c.want)
		case c.code != 0 && (!errors.As(err, &notRun) || notRun.code != c.code):
			t.Errorf("%s %v: %s (%v), want exit code %d", c.name, c.env, got, err, c.code)
		}
	}
}
