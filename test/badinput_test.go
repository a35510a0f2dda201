// This file gives wrong input: the answer must be one line that names the remedy, with Docker's exit code, and nothing may be
// left behind.
package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

func TestBadInput(t *testing.T) {
	p := newPlace(t)
	p.must("run", "--rm", "box", "true")
	p.must("run", "-d", "--name", "taken", "--network", "none", "box", "sleep", "1000")
	before := p.settled()
	for _, c := range []struct {
		line string
		code int
		says string // of the remedy or the reason
	}{
		{"run --pull never nosuchimage", 125, "nosuchimage"},
		{"run --rm box nosuchprogram", 127, "nosuchprogram"},
		{"run --rm box /etc/passwd", 126, "/etc/passwd"},
		{"run --rm box /etc", 126, "/etc"},
		{"run --memory lots box true", 125, "lots"},
		{"run --memory 1k box true", 125, "memory"},
		{"run --cpus -1 box true", 125, "cpus"},
		{"run --cpus many box true", 125, "many"},
		{"run --pids-limit x box true", 125, "pids-limit"},
		{"run --network nowhere box true", 125, "nowhere"},
		{"run --network container:nobody box true", 125, "no such container: nobody"},
		{"run --network container:taken -p 8080:80 box true", 125, "conflicting options: port publishing"},
		{"run --name taken box true", 125, "taken"},
		{"run --name bad/name box true", 125, "bad/name"},
		{"run --user nobodyknows box true", 125, "nobodyknows"},
		{"run -v not/absolute:/x box true", 125, "not/absolute"},
		{"run -v /nosuchdir/x:/x:wrong box true", 125, "wrong"},
		{"run --cap-add NOSUCH box true", 125, "NOSUCH"},
		{"run -p 99999:80 box true", 125, "99999"},
		{"run --explain=xml box true", 125, "xml"},
		{"run --nosuchflag box true", 125, "nosuchflag"},
		{"run --without nosuchstep box true", 125, "nosuchstep"},
		{"run", 1, "run"},
		{"nosuchcommand", 1, "nosuchcommand"},
		{"exec nosuchcontainer true", 1, "nosuchcontainer"},
		{"exec taken nosuchprogram", 127, "nosuchprogram"},
		{"logs nosuchcontainer", 1, "nosuchcontainer"},
		{"stop nosuchcontainer", 1, "nosuchcontainer"},
		{"kill -s NOSIG taken", 1, "NOSIG"},
		{"rm taken", 1, "taken"},
	} {
		r := p.run(strings.Fields(c.line)...)
		if r.code != c.code || !strings.Contains(r.stderr, c.says) {
			t.Errorf("want code %d and %q: %s", c.code, c.says, r)
		}
		if strings.Count(r.stderr, "\n") != 1 || strings.Contains(r.stderr, "panic") || strings.Contains(r.stderr, "goroutine") {
			t.Errorf("want one line: %s", r)
		}
		if diff := p.changes(before); diff != "" {
			t.Errorf("left behind by %s:\n%s", c.line, diff)
		}
	}
	p.must("rm", "-f", "taken")
}

// Somebody who is not root is told so.
func TestNotRoot(t *testing.T) {
	testkit.Need(t, testkit.Binary("setpriv"))
	p := newPlace(t)
	// The programs may lie where only root can look, so they are taken along.
	dir := t.TempDir()
	for _, path := range []string{p.glassbox, p.oci} {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(path)), data, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	open(t, dir)
	setpriv, err := exec.LookPath("setpriv")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"run --rm box true", "run --rm --dry-run box true", "run --rm --script box true", "ps", "audit"} {
		args := strings.Fields(line)
		cmd := p.command(args...)
		cmd.Args = append([]string{"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", filepath.Join(dir, "glassbox")}, cmd.Args[1:]...)
		cmd.Path = setpriv
		r := p.finish(cmd, args)
		if r.code == 0 || !strings.Contains(r.stderr, "root") || strings.Count(r.stderr, "\n") != 1 {
			t.Errorf("want one line about root: %s", r)
		}
	}
}

// open lets everybody walk down to dir.
func open(t *testing.T, dir string) {
	t.Helper()
	for ; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
