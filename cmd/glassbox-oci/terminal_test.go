// These tests sit at the keyboard: a container in the foreground of a terminal, one whose terminal is sent to an engine, and
// one that gets its signals.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
	"glassbox/kernel"
)

// bundle is one whose program is a script of busybox's sh.
func bundle(t *testing.T, terminal bool, script string) string {
	t.Helper()
	testkit.Need(t, testkit.Root(), testkit.Binary("busybox"))
	dir := t.TempDir()
	must(t, os.MkdirAll(dir+"/rootfs/bin", 0o755))
	busybox, err := exec.LookPath("busybox")
	must(t, err)
	must(t, exec.Command("cp", busybox, dir+"/rootfs/bin/busybox").Run())
	for _, name := range []string{"sh", "stty", "sleep", "tty"} {
		must(t, os.Symlink("busybox", dir+"/rootfs/bin/"+name))
	}
	for _, name := range []string{"proc", "dev", "sys"} {
		must(t, os.Mkdir(dir+"/rootfs/"+name, 0o755))
	}
	spec := exampleSpec()
	spec.Process.Terminal, spec.Process.Args = terminal, []string{"sh", "-c", script}
	spec.Linux.CgroupsPath = fmt.Sprintf("/glassbox-test-%d", os.Getpid())
	data, err := json.Marshal(spec)
	must(t, err)
	must(t, os.WriteFile(dir+"/config.json", data, 0o600))
	return dir
}

func ociCommand(t *testing.T, dir string, args ...string) *exec.Cmd {
	return exec.Command(testkit.Program(t, "glassbox-oci"), append([]string{"--root", dir + "/state"}, args...)...)
}

// heard reads lines until one ends with want.
func heard(t *testing.T, r *bufio.Reader, want string) {
	t.Helper()
	var all string
	for {
		line, err := r.ReadString('\n')
		if all += line; strings.HasSuffix(strings.TrimRight(line, "\r\n"), want) {
			return
		}
		if err != nil {
			t.Fatalf("heard %q (%v), and never %q", all, err, want)
		}
	}
}

func TestForegroundTerminal(t *testing.T) {
	dir := bundle(t, true, `stty size; trap 'stty size; resized=1' WINCH; echo ready; while [ -z "$resized" ]; do sleep 0.01; done; read x; echo "got $x"; exit 5`)
	master, tty, err := pty.Open()
	must(t, err)
	defer master.Close()
	defer tty.Close()
	must(t, pty.Setsize(master, &pty.Winsize{Rows: 40, Cols: 100}))
	before, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	must(t, err)
	run := ociCommand(t, dir, "run", "-b", dir, "front")
	run.Stdin, run.Stdout, run.Stderr = tty, tty, tty
	run.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	must(t, run.Start())
	screen := bufio.NewReader(master)
	heard(t, screen, "ready")
	must(t, pty.Setsize(master, &pty.Winsize{Rows: 41, Cols: 101}))
	heard(t, screen, "41 101")
	raw, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	must(t, err)
	_, err = master.WriteString("hello\r")
	must(t, err)
	heard(t, screen, "got hello")
	if err := run.Wait(); run.ProcessState.ExitCode() != 5 {
		t.Errorf("exit code %v, want 5", err)
	}
	after, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	must(t, err)
	if diff := cmp.Diff(before, after); diff != "" || cmp.Equal(before, raw) {
		t.Errorf("the terminal is not as it was (or it was never raw):\n%s", diff)
	}
}

func TestConsoleSocket(t *testing.T) {
	dir := bundle(t, true, "tty; read x; echo got $x")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: dir + "/socket", Net: "unix"})
	must(t, err)
	defer l.Close()
	if out, err := ociCommand(t, dir, "create", "-b", dir, "there").CombinedOutput(); err == nil || !strings.Contains(string(out), "--console-socket") {
		t.Errorf("without a socket: %v, %s", err, out)
	}
	must(t, ociCommand(t, dir, "create", "-b", dir, "--console-socket", dir+"/socket", "there").Run())
	defer ociCommand(t, dir, "delete", "--force", "there").Run()
	conn, err := l.AcceptUnix()
	must(t, err)
	file, err := conn.File()
	must(t, err)
	defer file.Close()
	must(t, unix.SetNonblock(int(file.Fd()), false))
	master, err := kernel.ReceiveFile(file)
	must(t, err)
	defer master.Close()
	must(t, ociCommand(t, dir, "start", "there").Run())
	screen := bufio.NewReader(master)
	heard(t, screen, "/dev/pts/0")
	_, err = master.WriteString("hello\n")
	must(t, err)
	heard(t, screen, "got hello")
}

// A signal for the runtime in the foreground is one for the program.
func TestForegroundSignals(t *testing.T) {
	dir := bundle(t, false, "trap 'echo told; exit 7' TERM; echo ready; while :; do sleep 0.01; done")
	run := ociCommand(t, dir, "run", "-b", dir, "front")
	out, err := run.StdoutPipe()
	must(t, err)
	must(t, run.Start())
	lines := bufio.NewReader(out)
	heard(t, lines, "ready")
	must(t, run.Process.Signal(unix.SIGTERM))
	heard(t, lines, "told")
	if err := run.Wait(); run.ProcessState.ExitCode() != 7 {
		t.Errorf("exit code %v, want 7", err)
	}
}

// The life of a container, one command after the other, each a process of its own.
func TestCommandsOfALife(t *testing.T) {
	dir := bundle(t, false, "exec sleep 1000")
	do := func(want int, args ...string) string {
		t.Helper()
		out, err := os.Create(dir + "/out") // a pipe would not end before the container does, which has it as well
		must(t, err)
		defer out.Close()
		cmd := ociCommand(t, dir, args...)
		cmd.Stdout, cmd.Stderr = out, out
		err = cmd.Run()
		text, readErr := os.ReadFile(out.Name())
		must(t, readErr)
		if code := exitCode(err); code != want {
			t.Errorf("%q: exit code %d, want %d: %s", args, code, want, text)
		}
		return string(text)
	}
	status := func() specs.ContainerState {
		var s specs.State
		must(t, json.Unmarshal([]byte(do(0, "state", "life")), &s))
		return s.Status
	}
	do(1, "state", "life")
	do(0, "create", "-b", dir, "--pid-file", dir+"/pid", "life")
	defer ociCommand(t, dir, "delete", "--force", "life").Run()
	if got := status(); got != specs.StateCreated {
		t.Errorf("created: %s", got)
	}
	do(1, "create", "-b", dir, "life")
	do(0, "start", "life")
	do(1, "start", "life")
	if got := status(); got != specs.StateRunning {
		t.Errorf("started: %s", got)
	}
	for code, program := range map[int][]string{0: {"sh", "-c", "true"}, 9: {"sh", "-c", "exit 9"}, 127: {"nothing"}, 126: {"/bin"}} {
		do(code, append([]string{"exec", "life"}, program...)...)
	}
	do(1, "delete", "life")
	do(1, "kill", "life", "NOSUCH")
	do(0, "kill", "life", "KILL")
	for status() != specs.StateStopped { // the kernel takes a moment
	}
	do(1, "kill", "life", "KILL")
	do(0, "delete", "life")
	do(1, "delete", "life")
	do(0, "delete", "--force", "life")
}

func exitCode(err error) int {
	if exit, ok := err.(*exec.ExitError); ok {
		return exit.ExitCode()
	}
	return 0
}

// The plans of runtime/plan are tested with this configuration.
func TestExampleIsTheOneThatPlansAreTestedWith(t *testing.T) {
	dir := t.TempDir()
	must(t, ociCommand(t, dir, "spec", "-b", dir).Run())
	ours, err := os.ReadFile(dir + "/config.json")
	must(t, err)
	theirs, err := os.ReadFile(filepath.Join(testkit.Repository(t), "runtime/plan/testdata/config.json"))
	must(t, err)
	if diff := cmp.Diff(string(theirs), string(ours)); diff != "" {
		t.Errorf("copy it to runtime/plan/testdata:\n%s", diff)
	}
}
