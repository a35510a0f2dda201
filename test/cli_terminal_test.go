// This file drives glassbox on a terminal as a person does: a shell in a container, ctrl-c, ctrl-p ctrl-q, --step.
package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// terminal is a command on a terminal of its own, with what it has written.
type terminal struct {
	t    *testing.T
	cmd  *exec.Cmd
	keys *os.File
	text strings.Builder // not yet read
	seen string          // read by the latest call of until
	more chan string
}

func (p place) terminal(args ...string) *terminal {
	t := p.t.(*testing.T)
	t.Helper()
	x := &terminal{t: t, cmd: p.command(args...), more: make(chan string, 1000)}
	keys, err := pty.StartWithSize(x.cmd, &pty.Winsize{Rows: 33, Cols: 121})
	must(t, err)
	x.keys = keys
	t.Cleanup(func() { keys.Close() })
	go func() {
		defer close(x.more)
		buffer := make([]byte, 4096)
		for {
			n, err := keys.Read(buffer)
			if err != nil {
				return // EIO: nobody has the other end any more
			}
			x.more <- string(buffer[:n])
		}
	}()
	return x
}

// until reads until the command has written text.
func (x *terminal) until(text string) {
	x.t.Helper()
	if !x.reaches(text) {
		x.t.Fatalf("it ended without %q:\n%s", text, x.text.String())
	}
}

// reaches reads until the command has written text, and is false when it has ended instead.
func (x *terminal) reaches(text string) bool {
	x.t.Helper()
	patience := time.After(10 * time.Second)
	for {
		if seen, rest, found := strings.Cut(x.text.String(), text); found {
			x.seen = seen
			x.text.Reset()
			x.text.WriteString(rest)
			return true
		}
		select {
		case s, open := <-x.more:
			if !open {
				return false
			}
			x.text.WriteString(s)
		case <-patience:
			x.t.Fatalf("waited in vain for %q:\n%s", text, x.text.String())
		}
	}
}

func (x *terminal) press(keys string) {
	x.t.Helper()
	_, err := x.keys.WriteString(keys)
	must(x.t, err)
}

// end waits for the end and compares the exit code.
func (x *terminal) end(want int) {
	x.t.Helper()
	for s := range x.more {
		x.text.WriteString(s)
	}
	// The exit code is in ProcessState; Wait's error says the same.
	if err := x.cmd.Wait(); x.cmd.ProcessState == nil {
		x.t.Fatal(err)
	}
	if code := x.cmd.ProcessState.ExitCode(); code != want {
		x.t.Errorf("%s ended with %d, want %d:\n%s", x.cmd, code, want, x.text.String())
	}
}

func TestShellInAContainer(t *testing.T) {
	p := newPlace(t)
	x := p.terminal("run", "-it", "--rm", "--network", "none", "--hostname", "glass", "box", "sh")
	x.until("# ")
	x.press("stty size; tty; echo pid $$; hostname\r")
	x.until("33 121\r\n")
	x.until("/dev/pts/0\r\n")
	x.until("pid 1\r\n")
	x.until("glass\r\n")
	must(t, pty.Setsize(x.keys, &pty.Winsize{Rows: 20, Cols: 70}))
	time.Sleep(100 * time.Millisecond) // the signal about it is on its way to the container
	x.press("stty size\r")
	x.until("20 70\r\n")
	x.press("sleep 1000\r")
	x.until("sleep 1000\r\n")
	time.Sleep(100 * time.Millisecond) // until it is the foreground's
	x.press("\x03")                    // ends sleep, not the shell
	x.until("# ")
	x.press("exit 7\r")
	x.end(7)
}

func TestDetachAndExec(t *testing.T) {
	p := newPlace(t)
	x := p.terminal("run", "-it", "--name", "kept", "--network", "none", "box", "sh")
	x.until("# ")
	x.press("\x10\x11")
	x.end(0)
	if got := p.must("inspect", "-f", "{{.State.Running}}", "kept"); got != "true\n" {
		t.Errorf("after ctrl-p ctrl-q it runs: %s", got)
	}
	x = p.terminal("exec", "-it", "kept", "sh", "-c", "tty; exit 4")
	x.until("/dev/pts/1\r\n")
	x.end(4)
	p.must("rm", "-f", "kept")
}

func TestSignalsReachTheProgram(t *testing.T) {
	p := newPlace(t)
	for _, c := range []struct {
		signal unix.Signal
		code   int
	}{{unix.SIGINT, 30}, {unix.SIGTERM, 31}, {unix.SIGHUP, 32}} {
		x := p.terminal("run", "--rm", "--network", "none", "box", "sh", "-c",
			"trap 'exit 30' INT; trap 'exit 31' TERM; trap 'exit 32' HUP; echo ready; while :; do sleep 0.02; done")
		x.until("ready")
		must(t, x.cmd.Process.Signal(c.signal))
		x.end(c.code)
	}
}

// Only a terminal sees how far the archive is.
func TestLoadShowsHowFarItIs(t *testing.T) {
	p := newPlace(t)
	tar := filepath.Join(t.TempDir(), "box.tar")
	p.must("save", "-o", tar, "box")
	x := p.terminal("load", "-i", tar)
	x.until("archive: Unpacking")
	x.until("Loaded image: box:latest")
	x.end(0)
	if r := p.run("load", "-i", tar); r.stdout+r.stderr != "Loaded image: box:latest\n" {
		t.Errorf("without a terminal: %s", r)
	}
}

// question is the end of what is asked between two steps.
const question = "! ? > "

// The key ! opens a shell in the half-made container, and the terminal comes back to the question.
func TestStepLooksRound(t *testing.T) {
	p := newPlace(t)
	x := p.terminal("run", "--rm", "--step", "--network", "none", "--hostname", "glass", "box", "hostname")
	for x.until(question); !strings.Contains(x.seen, "Set kernel parameters"); x.until(question) {
		x.press("\r")
	}
	x.press("!\r")
	x.until("'exit' comes back")
	x.press("hostname; exit\r")
	x.until("glass\r\n")
	x.until(question)
	x.press("q\r")
	x.end(125)
}

func TestStep(t *testing.T) {
	p := newPlace(t)
	x := p.terminal("run", "--rm", "--step", "--network", "none", "box", "true")
	steps := 0
	for ; x.reaches(question); steps++ {
		x.press("\r")
	}
	x.end(0)
	if steps < 20 {
		t.Errorf("%d steps from the first to the last: too few", steps)
	}
	before := p.picture() // with the directories that all containers share
	for keys, code := range map[string]int{"q\r": 125, "f\r": 125, "\x03": 130} {
		x := p.terminal("run", "--rm", "--step", "--network", "none", "box", "true")
		for range 6 {
			x.until(question)
			x.press("\r")
		}
		x.until(question)
		x.press(keys)
		x.end(code)
		if diff := p.changes(before, id.FindAllString(x.text.String(), -1)...); diff != "" {
			t.Errorf("left behind by %q:\n%s", keys, diff)
		}
	}
}
