//go:build linux && amd64

package trace

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"glassbox/internal/testkit"
)

func TestMain(m *testing.M) { os.Exit(testkit.Sandbox(m)) }

// Each line is a command that people know, and what the witness must have seen of it.
func TestSees(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.Binary("ip"), testkit.Binary("nft"), testkit.Binary("unshare"))
	dir := t.TempDir()
	for _, c := range []struct{ command, want string }{
		{"unshare -m true", `unshare(CLONE_NEWNS)`},
		{"unshare -m true", `mount("none", "/", NULL, MS_REC|MS_PRIVATE, NULL)`},
		{"unshare -upf hostname box", `unshare(CLONE_NEWUTS|CLONE_NEWPID)`},
		{"unshare -upf hostname box", `sethostname("box", 3)`},
		{"cd DIR && mkdir sub && rmdir sub", `mkdir("DIR/sub", 0777)`},
		{"cd DIR && mkdir sub && rmdir sub", `rmdir("DIR/sub")`},
		{"echo 64 >DIR/f", `write("DIR/f", "64\n", 3)`},
		{"echo 64 >DIR/f", `open("DIR/f", O_WRONLY|O_CREAT|O_TRUNC, 0666)`},
		{"ln -s there DIR/l && rm DIR/l", `symlink("there", "DIR/l")`},
		{"mknod DIR/n c 1 3 && rm DIR/n", `mknod("DIR/n", 020666, 0x103)`},
		{"chmod 600 DIR/f", `chmod("DIR/f", 0600)`},
		{"chown 1:2 DIR/f", `chown("DIR/f", 1, 2)`},
		{"ip link add t0 type bridge && ip link del t0", `netlink(RTM_NEWLINK)`},
		{"ip link add t0 type bridge && ip link del t0", `netlink(RTM_DELLINK)`},
		{"ip addr add 192.0.2.1/32 dev lo && ip addr del 192.0.2.1/32 dev lo", `netlink(RTM_NEWADDR)`},
		{"nft add table inet t && nft delete table inet t", `netlink(NFT_MSG_NEWTABLE)`},
		{"prlimit --nofile=100:100 true", `prlimit(0, RLIMIT_NOFILE, {rlim_cur=100, rlim_max=100})`},
		{"setpriv --no-new-privs --reuid 1 --clear-groups true", `prctl(PR_SET_NO_NEW_PRIVS, 0x1)`},
		{"setpriv --no-new-privs --reuid 1 --clear-groups true", `setresuid(1, 1, 1)`},
		{"setpriv --no-new-privs --reuid 1 --clear-groups true", `setgroups(0)`},
	} {
		calls := traced(t, strings.ReplaceAll(c.command, "DIR", dir))
		if want := strings.ReplaceAll(c.want, "DIR", dir); !has(calls, want) {
			t.Errorf("%s: did not see %s in\n%s", c.command, want, list(calls))
		}
	}
}

// What only looks is not reported; the negative control of the test above.
func TestSeesNothing(t *testing.T) {
	testkit.Need(t, testkit.Root(), testkit.Binary("ip"))
	for _, command := range []string{"ip link", "cat /proc/self/mountinfo", "ls -l /", "test -e /nothing", "echo talk >/dev/null"} {
		for _, c := range traced(t, command) {
			if c.Name != "execve" && !strings.HasPrefix(c.Text, `open("/dev/null"`) {
				t.Errorf("%s: reported %s", command, c)
			}
		}
	}
}

// The result is the program's own, and a request that the kernel refused is not taken for one that it did.
func TestResult(t *testing.T) {
	testkit.Need(t, testkit.Root())
	null := openNull(t)
	calls, status, err := Run(os.ProcAttr{Files: []*os.File{null, null, null}}, "/bin/sh", "-c", "mkdir /proc/x; exit 7")
	if err != nil || status.ExitStatus() != 7 {
		t.Errorf("exit status %v, error %v", status, err)
	}
	for _, c := range calls {
		if c.Name == "mkdir" && c.OK() {
			t.Errorf("a refused mkdir passes for one that was done: %s", c)
		}
	}
}

func traced(t *testing.T, command string) []Call {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	attr := os.ProcAttr{Env: os.Environ(), Files: []*os.File{openNull(t), out, out}}
	calls, _, err := Run(attr, "/bin/sh", "-ec", command)
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	var done []Call
	for _, c := range calls {
		if c.OK() && !strings.Contains(c.Text, out.Name()) {
			done = append(done, c)
		}
	}
	return done
}

func openNull(t *testing.T) *os.File {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	return null
}

func has(calls []Call, text string) bool {
	for _, c := range calls {
		if c.Text == text {
			return true
		}
	}
	return false
}

func list(calls []Call) string {
	var lines []string
	for _, c := range calls {
		lines = append(lines, c.String())
	}
	return strings.Join(lines, "\n")
}
