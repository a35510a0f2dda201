// These tests let a copy of the test program be the init of --init, as PID 1 of a PID namespace of its own.
package stage

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
)

func TestMain(m *testing.M) {
	if IsInside() {
		Main()
	}
	os.Exit(testkit.Sandbox(m))
}

// underInit is a shell script under our init.
func underInit(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	testkit.Need(t, testkit.Root())
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{initName, "3", "/bin/sh", "sh", "-c", script}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS, Setpgid: true}
	cmd.Stderr, cmd.ExtraFiles = os.Stderr, []*os.File{os.Stderr}
	return cmd
}

func TestInitPassesTheExitCodeOn(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 7": 7, "kill -9 $$": 137, "kill -TERM $$": 143, "no-such-program 2>&-": 127} {
		cmd := underInit(t, script)
		if err := cmd.Run(); cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want {
			t.Errorf("%s: %v, want exit code %d", script, err, want)
		}
	}
	cmd := underInit(t, "")
	cmd.Args[2], cmd.Stderr = "/etc/passwd", nil
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 126 {
		t.Errorf("what is no program: %v, want 126", err)
	}
}

// PID 1 gets no signal without a handler, so the init has to pass each on.
func TestInitForwardsSignals(t *testing.T) {
	for _, sig := range []syscall.Signal{unix.SIGTERM, unix.SIGHUP, unix.SIGUSR1, unix.SIGINT, unix.SIGWINCH} {
		cmd := underInit(t, `trap 'echo got; exit 5' `+strings.TrimPrefix(unix.SignalName(sig), "SIG")+`; echo ready; while :; do sleep 0.01; done`)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewReader(out)
		if line, err := lines.ReadString('\n'); line != "ready\n" {
			t.Fatalf("said %q (%v)", line, err)
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
		line, _ := lines.ReadString('\n')
		if err := cmd.Wait(); line != "got\n" || cmd.ProcessState.ExitCode() != 5 {
			t.Errorf("%v: said %q, %v", sig, line, err)
		}
	}
}

// Who has seen the end of the descriptor may send signals: none is lost. One that comes earlier is.
func TestInitSaysWhenItListens(t *testing.T) {
	code := func(wait bool) int {
		ends, ours, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer ends.Close()
		cmd := underInit(t, "exec sleep 2")
		cmd.ExtraFiles = []*os.File{ours}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ours.Close()
		if wait {
			if n, err := ends.Read(make([]byte, 1)); n != 0 || err != io.EOF {
				t.Fatalf("read %d bytes (%v), want the end", n, err)
			}
		}
		if err := cmd.Process.Signal(unix.SIGTERM); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // the exit code says it all
		return cmd.ProcessState.ExitCode()
	}
	for range 20 {
		if got := code(true); got != 143 {
			t.Fatalf("exit code %d, want 143", got)
		}
	}
	if got := code(false); got == 143 {
		t.Error("the init heard a signal that came before it listened: the test proves nothing")
	}
}

// orphan leaves a grandchild to PID 1 and waits until it has ended; then it counts the zombies. It sees the processes of its
// own namespace by a new /proc.
const orphan = `mount -t proc proc /proc
sh -c 'sh -c "sleep 0.02; echo ended" & exit 0' | read ended
n=0
while [ $n -lt 50 ] && grep -qs '^State:.Z' /proc/[0-9]*/status; do sleep 0.01; n=$((n+1)); done
grep -ls '^State:.Z' /proc/[0-9]*/status | wc -l`

func TestInitReapsOrphans(t *testing.T) {
	zombies := func(cmd *exec.Cmd) string {
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return strings.TrimSpace(string(out))
	}
	if got := zombies(underInit(t, orphan)); got != "0" {
		t.Errorf("%s zombies are left", got)
	}
	control := underInit(t, orphan) // a PID 1 that does not care: sleep takes its place after it has started the script
	control.Args = []string{"sh", "-c", "sh -c \"$0\" & pid=$!; exec sleep 1", orphan}
	control.Path = "/bin/sh"
	if got := zombies(control); got == "0" {
		t.Error("without the init no zombie was left either: the test proves nothing")
	}
}
