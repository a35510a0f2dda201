// This file checks --userns remap: root inside is nobody outside, and owns its files all the same.
package test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"glassbox/kernel/look"
)

// remapped is where the container's user 0 is outside, unless /etc/subuid says otherwise.
const remapped = 2_000_000_000

func TestRemapsUsers(t *testing.T) {
	p := newPlace(t)
	// The container's root has no rights over the host's directories, so they must let anybody pass.
	if r := p.run("run", "--userns", "remap", "box", "true"); r.code != 125 || !strings.Contains(r.stderr, "lets only its owner pass") {
		t.Errorf("in a place where nobody may pass: %s", r)
	}
	p.open(t)
	p.must("run", "--rm", "--userns", "remap", "-v", "other:/data", "box", "true") // makes the bridge, which stays
	p.must("volume", "rm", "other")
	before := p.settled()
	script := "touch /made /data/kept; chown 33:33 /data/kept; exec sleep 1000"
	p.must("run", "-d", "--name", "mapped", "--userns", "remap", "-v", "vol:/data", "box", "sh", "-c", script)
	p.must("run", "-d", "--name", "plain", "--userns", "host", "box", "sleep", "1000")
	for name, want := range map[string]int{"mapped": remapped, "plain": 0} {
		if got := p.outsideUser(name); got != want {
			t.Errorf("root of %s is user %d outside, want %d", name, got, want)
		}
	}
	p.eventually("33 33", "exec", "mapped", "stat", "-c", "%u %g", "/data/kept")
	if got := p.must("exec", "mapped", "sh", "-c", "id -u; stat -c %u / /etc/passwd /made"); got != "0\n0\n0\n0\n" {
		t.Errorf("inside it owns %q", got)
	}
	// On the disk nothing is shifted: an image that is made of it is like any other, and so is the volume.
	for path, want := range map[string]uint32{"containers/*/fs/upper/made": 0, "volumes/vol/_data/kept": 33} {
		if got := owner(t, filepath.Join(p.root, path)); got != want {
			t.Errorf("%s belongs to %d, want %d", path, got, want)
		}
	}
	// It rules over its own network, and over nothing of the host.
	if r := p.run("exec", "mapped", "sh", "-c", "ping -c1 -W1 127.0.0.1 && hostname other"); !strings.Contains(r.stdout, "1 packets received") {
		t.Errorf("its own network: %s", r)
	}
	p.must("stop", "-t", "0", "mapped")
	p.must("start", "mapped")
	if got := p.must("exec", "mapped", "stat", "-c", "%u", "/made"); got != "0\n" {
		t.Errorf("after a restart its file belongs to %q", got)
	}
	p.must("rm", "-f", "mapped", "plain")
	p.must("volume", "rm", "vol")
	if diff := p.changes(before); diff != "" {
		t.Errorf("it left behind:\n%s", diff)
	}
}

// open lets everybody pass through the directories that tests are given.
func (p place) open(t *testing.T) {
	for dir := filepath.Dir(p.root); dir != os.TempDir() && dir != "/" && dir != "/tmp"; dir = filepath.Dir(dir) {
		must(t, os.Chmod(dir, 0o711))
	}
	if os.TempDir() != "/tmp" {
		must(t, os.Chmod(os.TempDir(), 0o711))
	}
}

func (p place) outsideUser(name string) int {
	p.t.Helper()
	var pid, uid int
	if _, err := fmt.Sscan(p.must("inspect", "--format", "{{.State.Pid}}", name), &pid); err != nil {
		p.t.Fatal(err)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), "\nUid:")
	if _, err := fmt.Sscan(line, &uid); err != nil {
		p.t.Fatal(err)
	}
	own, err := look.Namespace(pid, "user")
	ours, err2 := look.Namespace(os.Getpid(), "user")
	if err != nil || err2 != nil || (own == ours) != (uid == 0) {
		p.t.Errorf("%s: user %d, user namespace %v, ours %v, %v, %v", name, uid, own, ours, err, err2)
	}
	return uid
}

func owner(t *testing.T, pattern string) uint32 {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %q, %v", pattern, found, err)
	}
	info, err := os.Stat(found[0])
	must(t, err)
	return info.Sys().(*syscall.Stat_t).Uid
}

func TestRemapRefuses(t *testing.T) {
	p := newPlace(t)
	p.open(t)
	for _, c := range []struct{ flags, want string }{
		{"--pid host", "conflicting options: --pid host and --userns remap"},
		{"--network host", "conflicting options: --network host and --userns remap"},
		{"--ipc host", "conflicting options: --ipc host"},
		{"--privileged", "privileged mode is incompatible with user namespaces"},
	} {
		r := p.run(append(append([]string{"run", "--userns", "remap"}, strings.Fields(c.flags)...), "box", "true")...)
		if r.code != 125 || !strings.Contains(r.stderr, c.want) {
			t.Errorf("%s: want %q: %s", c.flags, c.want, r)
		}
	}
	if r := p.run("run", "--userns", "nonsense", "box", "true"); r.code != 125 || !strings.Contains(r.stderr, `--userns: invalid mode "nonsense"`) {
		t.Error(r)
	}
}
