// These tests send deputies: through the loop of image.go, and to where it may fail.
package kernel

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// appoint starts a deputy that waits to be told, with this as its output.
func appoint(t *testing.T, output *os.File) *Deputy {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	t.Cleanup(func() { ours.Close() })
	defer theirs.Close()
	null, err := os.Open(os.DevNull)
	must(t, err)
	defer null.Close()
	d := &Deputy{Child: &Child{Argv: []string{"deputy"}, Files: []*os.File{null, output, os.Stderr, theirs}, Link: 3}, Socket: ours}
	must(t, Clone{Child: d.Child}.Do())
	return d
}

// errand lets a deputy do ops up to a program, and returns what that prints.
func errand(t *testing.T, paced bool, ops ...Foretold) (out string, d *Deputy, err error) {
	t.Helper()
	read, write, err := os.Pipe()
	must(t, err)
	defer read.Close()
	d = appoint(t, write)
	must(t, write.Close())
	if err = d.do(paced, ops); err != nil {
		must(t, (KillChild{Child: d.Child}).Do())
		return "", d, err
	}
	said, err := io.ReadAll(read)
	must(t, err)
	must(t, collect(d.Child.PID))
	return string(said), d, nil
}

func (d *Deputy) do(paced bool, ops []Foretold) error {
	if !paced {
		if err := d.Tell(ops...); err != nil {
			return err
		}
		_, err := d.Hear()
		return err
	}
	for n, op := range ops {
		if err := Paced(op, d).Do(); err != nil {
			var failed *DeputyError
			if errors.As(err, &failed) {
				failed.Op = n
			}
			return err
		}
	}
	return nil
}

// Which number a descriptor gets is known beforehand, whether a directory is there or has to be made: a wrong one would make what
// comes next fail, or lie elsewhere.
func TestDeputyMakesWhatIsMissing(t *testing.T) {
	for _, there := range []string{"", "/a", "/a/b", "/a/b/c", "/a/b/c/d"} {
		root := t.TempDir()
		must(t, os.MkdirAll(root+there, 0o755))
		out, _, err := errand(t, false,
			EnsureDirIn{Root: root, Path: "/a/b/c", Mode: 0o755}, EnsureDirIn{Root: root, Path: "/z", Mode: 0o755},
			SymlinkIn{Root: root, Target: "there", Path: "/a/b/c/d/link"}, MknodIn{Root: root, Path: "/a/b/c/d/pipe", Mode: unix.S_IFIFO | 0o600},
			EnsureFileIn{Root: root, Path: "/a/b/new/file"}, shellProgram("cd "+root+"; find . | sort | tr '\n' ' '; ls /proc/self/fd | tr '\n' ' '"))
		must(t, err)
		// 3 is the directory that ls reads.
		if want := ". ./a ./a/b ./a/b/c ./a/b/c/d ./a/b/c/d/link ./a/b/c/d/pipe ./a/b/new ./a/b/new/file ./z 0 1 2 3 "; out != want {
			t.Errorf("with %q: %q, want %q", there, out, want)
		}
	}
}

// The root stays open from op to op, but not over what is mounted on it: there its name leads to another directory.
func TestDeputyHoldsRoot(t *testing.T) {
	root, other := t.TempDir(), t.TempDir()
	dir := func(name string) Foretold { return EnsureDirIn{Root: root, Path: name, Mode: 0o755} }
	ops := []Foretold{Unshare{Flags: unix.CLONE_NEWNS}, SetPropagation{Target: "/", Type: unix.MS_PRIVATE | unix.MS_REC},
		dir("/a"), dir("/a/b"), Bind{Source: other, Target: root}, dir("/c"), MountIn{Root: root, Target: "/", Source: "x", FSType: "tmpfs"}, dir("/d"), dir("/e")}
	var m making
	opens := 0
	for _, op := range ops {
		m.begin()
		must(t, op.calls(&m))
		for _, c := range m.list {
			if c.opens == heldRoot {
				opens++
			}
		}
	}
	if opens != 4 { // for a and b, for c, for the mount, for d and e
		t.Errorf("opened %d times, want 4", opens)
	}
	out, _, err := errand(t, false, append(ops, shellProgram("ls "+root))...)
	must(t, err)
	in := func(dir string) string {
		out, err := exec.Command("ls", dir).Output()
		must(t, err)
		return string(out)
	}
	if got, want := [3]string{in(root), in(other), out}, [3]string{"a\n", "c\n", "d\ne\n"}; got != want {
		t.Errorf("made %q, want %q", got, want)
	}
}

// An op makes fewer calls after another one: which of them has failed is said by its own name, still.
func TestDeputyFailsWithHeldRoot(t *testing.T) {
	root := t.TempDir()
	file, fifo := EnsureFileIn{Root: root, Path: "/f"}, MknodIn{Root: root, Path: "/f", Mode: unix.S_IFIFO}
	if _, _, err := errand(t, false, file, fifo); err == nil || !strings.Contains(err.Error(), "another file") {
		t.Errorf("got %v, want that there is another file", err)
	}
	// What comes after a filter is only what was asked for.
	d := appoint(t, nil)
	if err := d.do(false, []Foretold{file, SeccompFilter{Program: refuse(unix.SYS_CLOSE, unix.EPERM)}}); err != nil {
		t.Errorf("where close is forbidden: %v", err)
	}
	must(t, (KillChild{Child: d.Child}).Do())
}

func shellProgram(script string, before ...string) Spawn {
	return Spawn{Paths: append(before, "/bin/sh"), Args: []string{"sh", "-c", script}, Env: []string{"A=b c"}, Sibling: true}
}

func TestDeputy(t *testing.T) {
	for _, paced := range []bool{false, true} {
		for _, sibling := range []bool{false, true} {
			program := shellProgram(`echo $A; umask; pwd; ls /proc/self/fd`, "/nowhere/sh", "/etc/hostname/sh", "/etc")
			program.Sibling = sibling
			out, _, err := errand(t, paced, SetUmask{0o27}, Enter{"/usr"}, SetUser{UID: 0, GID: 7}, SetRlimit{"RLIMIT_NOFILE", 64, 64}, CloseOnExec{3}, program)
			must(t, err)
			if want := "b c\n0027\n/usr\n0\n1\n2\n3\n"; out != want {
				t.Errorf("paced %v, sibling %v: got %q, want %q", paced, sibling, out, want)
			}
		}
	}
}

// What fails is named, the program does not run, and nobody is left to be collected.
func TestDeputiesFailures(t *testing.T) {
	first := unix.EACCES
	for name, c := range map[string]struct {
		ops    []Foretold
		failed int
		err    error
		before []syscall.Errno
		text   string
	}{
		"a directory":      {[]Foretold{SetUmask{0}, Enter{"/nowhere"}, shellProgram("true")}, 1, unix.ENOENT, nil, `chdir("/nowhere")`},
		"a number":         {[]Foretold{SetRlimit{"RLIMIT_NOFILE", 2, 1}, shellProgram("true")}, 0, unix.EINVAL, nil, "RLIMIT_NOFILE"},
		"a namespace":      {[]Foretold{JoinNamespaces{[]Namespace{{unix.CLONE_NEWNET, "/proc/self/ns/uts"}}}, shellProgram("true")}, 0, unix.EINVAL, nil, "CLONE_NEWNET"},
		"no program":       {[]Foretold{Spawn{Paths: []string{"/nowhere"}, Sibling: true}}, 0, unix.ENOENT, nil, `execve("/nowhere"`},
		"a program before": {[]Foretold{Spawn{Paths: []string{"/etc", "/nowhere"}, Sibling: true}}, 0, unix.ENOENT, []syscall.Errno{first}, `execve("/nowhere"`},
	} {
		for _, paced := range []bool{false, true} {
			out, d, err := errand(t, paced, c.ops...)
			var failed *DeputyError
			if !errors.As(err, &failed) || failed.Op != c.failed || !errors.Is(err, c.err) || !slices.Equal(failed.Before, c.before) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%s, paced %v: got %q, %#v", name, paced, out, err)
			}
			if _, err := unix.Wait4(-1, nil, unix.WNOHANG, nil); err != unix.ECHILD {
				t.Errorf("%s, paced %v: deputy %d has left somebody: %v", name, paced, d.Child.PID, err)
			}
		}
	}
}

// Where nobody is left to hear of it, a deputy that waits ends, and so does one that fails.
func TestDeputyEndsWithItsTeller(t *testing.T) {
	for _, told := range []bool{false, true} {
		d := appoint(t, nil)
		if told {
			must(t, d.Tell(Enter{"/nowhere"}, shellProgram("true")))
		}
		must(t, d.Socket.Close())
		var status unix.WaitStatus
		_, err := unix.Wait4(d.Child.PID, &status, 0, nil)
		must(t, err)
		if !status.Signaled() && status.ExitStatus() != 125 {
			t.Errorf("told %v: ended with %#x", told, status)
		}
	}
}

// One that is killed says nothing: that is no success.
func TestDeputyGone(t *testing.T) {
	d := appoint(t, nil)
	must(t, (KillChild{Child: d.Child}).Do())
	must(t, d.Tell(shellProgram("true")))
	if _, err := d.Hear(); !errors.Is(err, ErrDeputyGone) {
		t.Errorf("got %v, want %v", err, ErrDeputyGone)
	}
}

// What is long comes in several messages.
func TestDeputyIsToldMuch(t *testing.T) {
	long, paths := strings.Repeat("x", 100_000), []string{}
	for i := range 1500 {
		paths = append(paths, "/nowhere/"+strings.Repeat("y", i%100))
	}
	program := shellProgram(`echo ${#A} ${#B} ${#C}`, paths...)
	program.Env = []string{"A=" + long, "B=" + long, "C=" + long}
	out, _, err := errand(t, false, SetUmask{0}, program)
	if err != nil || out != "100000 100000 100000\n" {
		t.Errorf("got %q, %v", out, err)
	}
	program.Paths = slices.Repeat(paths, 6)
	if _, _, err := errand(t, false, program); !errors.Is(err, unix.E2BIG) {
		t.Errorf("got %v, want E2BIG", err)
	}
}

// A path as deep as the kernel takes it is made; what is longer is refused by the kernel, and needs no time.
func TestDeputyGoesDeep(t *testing.T) {
	root := t.TempDir()
	defer func() { shell(t, "rm -rf "+root+"/a") }() // Go keeps a descriptor for each level
	for components, want := range map[int]error{2000: nil, 100_000: unix.ENAMETOOLONG} {
		d := appoint(t, nil)
		begin := time.Now()
		must(t, d.Tell(EnsureDirIn{Root: root, Path: strings.Repeat("/a", components), Mode: 0o755}))
		if _, err := d.Hear(); !errors.Is(err, want) || time.Since(begin) > 5*time.Second {
			t.Errorf("%d: %v after %v, want %v", components, err, time.Since(begin), want)
		}
		must(t, (KillChild{Child: d.Child}).Do())
	}
}

// A deputy does the same as we do, and says how long it took.
func TestDeputyTakesTime(t *testing.T) {
	d := appoint(t, nil)
	defer func() { must(t, (KillChild{Child: d.Child}).Do()) }()
	for range 3 {
		must(t, d.Tell(SetUmask{0}, RunHook{Path: "/bin/sleep", Args: []string{"sleep", "0.05"}}, SetUmask{0}))
	}
	for range 3 {
		took, err := d.Hear()
		must(t, err)
		if len(took) != 3 || took[0] > 20*time.Millisecond || took[1] < 40*time.Millisecond || took[1] > 5*time.Second || took[2] > 20*time.Millisecond {
			t.Errorf("took %v", took)
		}
	}
}

// A hook's failure is told with what it has said last.
func TestDeputysHooks(t *testing.T) {
	hook := func(script string, seconds int) RunHook {
		return RunHook{Path: "/bin/sh", Args: []string{"sh", "-c", script}, Dir: "/tmp", Input: "told", Seconds: seconds}
	}
	for name, c := range map[string]struct {
		hook RunHook
		want string // of the error; empty: none
	}{
		"fine":         {hook(`test "$(cat)" = told && test $PWD = /tmp && test "$(ls /proc/self/fd | wc -l)" = 4`, 0), ""},
		"fine in time": {hook("sleep 0.1 & true", 5), ""},
		"fails":        {hook("echo first; echo last >&2; exit 3", 0), "exit code 3: first\nlast"},
		"is long":      {hook("head -c 5000 /dev/zero | tr '\\0' a; echo end; exit 1", 0), "aaaend"},
		"is killed":    {hook("kill -9 $$", 0), "ended by killed"},
		"is late":      {hook("sleep 60", 1), "not done after 1 s: killed"},
		"is not there": {RunHook{Path: "/nowhere"}, "run /nowhere: no such file"},
	} {
		d := appoint(t, nil)
		must(t, d.Tell(SetUmask{0}, c.hook, SetUmask{0}))
		_, err := d.Hear()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: got %v, want %q", name, err, c.want)
		}
		var failed *DeputyError
		if err != nil && (!errors.As(err, &failed) || failed.Op != 1) {
			t.Errorf("%s: %#v: the wrong op", name, err)
		}
		must(t, (KillChild{Child: d.Child}).Do())
	}
}

// The program is looked for as execvp(3) does.
func TestDeputyFinds(t *testing.T) {
	d := appoint(t, nil)
	defer func() { must(t, (KillChild{Child: d.Child}).Do()) }()
	must(t, d.Tell(Find{Paths: []string{"/nowhere", "/etc", "/etc/passwd", "/etc/passwd/x", "/bin/sh", "/bin/true"}}))
	if _, err := d.Hear(); err != nil || d.Found != 4 {
		t.Errorf("found %d, %v", d.Found, err)
	}
	must(t, d.Tell(Find{Paths: []string{"/etc/passwd", "/etc"}}))
	_, err := d.Hear()
	var failed *DeputyError
	if !errors.As(err, &failed) || !errors.Is(err, unix.EISDIR) || !slices.Equal(failed.Before, []syscall.Errno{unix.EACCES}) {
		t.Errorf("got %#v", err)
	}
}
