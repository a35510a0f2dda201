// This file drives a lesson as a person at a terminal does.
package lessons

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"glassbox/internal/testkit"
)

// learner is one end of a terminal; the other belongs to a Walk.
type learner struct {
	t          *testing.T
	keyboard   *os.File
	interrupts chan os.Signal
	finished   chan error
	mu         sync.Mutex
	screen     bytes.Buffer
	seen       int // how much of the screen expect has read
}

// sitDown starts the small lesson at a terminal.
func sitDown(t *testing.T, progress *Progress) *learner {
	t.Helper()
	testkit.Need(t, testkit.Root())
	l, err := Parse("99-small", small)
	if err != nil {
		t.Fatal(err)
	}
	keyboard, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	p := &learner{t: t, keyboard: keyboard, interrupts: make(chan os.Signal, 1), finished: make(chan error, 1)}
	go p.watch()
	w := Walk{In: tty, Out: tty, Terminal: tty, Colour: true, Width: 80, Progress: progress, Interrupts: p.interrupts}
	go func() { p.finished <- w.Start(context.Background(), l) }()
	t.Cleanup(func() { keyboard.Close(); tty.Close() })
	return p
}

func (p *learner) watch() {
	page := make([]byte, 4096)
	for {
		n, err := p.keyboard.Read(page)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.screen.Write(page[:n])
		p.mu.Unlock()
	}
}

// expect waits until text shows up after what was expected before.
func (p *learner) expect(text string) {
	p.t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		p.mu.Lock()
		at := bytes.Index(p.screen.Bytes()[p.seen:], []byte(text))
		if at >= 0 {
			p.seen += at + len(text)
		}
		p.mu.Unlock()
		if at >= 0 {
			return
		}
	}
	p.t.Fatalf("%q does not show up; the screen:\n%s", text, p.screen.String())
}

func (p *learner) types(line string) {
	p.t.Helper()
	if _, err := p.keyboard.WriteString(line + "\n"); err != nil {
		p.t.Fatal(err)
	}
}

func (p *learner) leaves() {
	p.t.Helper()
	select {
	case err := <-p.finished:
		if err != nil {
			p.t.Error(err)
		}
	case <-time.After(10 * time.Second):
		p.t.Fatalf("the lesson does not end; the screen:\n%s", p.screen.String())
	}
}

func newProgress(t *testing.T) *Progress {
	t.Helper()
	p, err := LoadProgress(filepath.Join(t.TempDir(), "sub", "progress.json"))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWalk(t *testing.T) {
	progress := newProgress(t)
	p := sitDown(t, progress)
	p.expect("\x1b[1mprose\x1b[0m")
	p.expect("[run] >")
	p.types("?")
	p.expect("Any other line is a command")
	p.types("c") // too early: nothing was run
	p.expect("could not be read")
	p.types("h")
	p.expect("hint 1 of 3 for lives: a")
	p.types("")
	p.expect("started ")
	p.expect("[check] >")
	p.types("MINE=$PID; echo typed $((20 + 3)), a terminal: $(test -t 0 && echo yes)")
	p.expect("typed 23, a terminal: yes")
	p.types("if true; then")
	p.expect("  > ")
	p.types("echo went on with $MINE; fi")
	p.expect("went on with ")
	p.types("if )")
	p.expect("Syntax error")
	p.types("")
	p.expect("passed")
	p.expect("[run] >") // the block that must fail
	p.types("")
	p.expect("1 of 1 checks passed")
	p.leaves()
	again, err := LoadProgress(progress.path)
	if err != nil || len(again.Passed["99-small"]) != 1 {
		t.Errorf("progress is %v (%v)", again, err)
	}
}

func TestWalkQuits(t *testing.T) {
	for name, quit := range map[string]func(p *learner){
		"q":      func(p *learner) { p.types("q") },
		"Ctrl-D": func(p *learner) { p.keyboard.WriteString("\x04") },
		"Ctrl-C": func(p *learner) { p.interrupts <- unix.SIGINT },
		"Ctrl-C in a command, then q": func(p *learner) {
			p.types("while :; do sleep 1004; done")
			time.Sleep(200 * time.Millisecond)
			p.interrupts <- unix.SIGINT
			p.expect("status 130")
			p.types("q")
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := sitDown(t, newProgress(t))
			p.expect("[run] >")
			p.types("")
			p.expect("[check] >")
			quit(p)
			p.leaves()
			if left, err := descendants(os.Getpid()); err != nil || len(left) > 0 {
				t.Errorf("processes %v are left (%v)", left, err)
			}
		})
	}
}

func TestExitEndsTheLesson(t *testing.T) {
	p := sitDown(t, newProgress(t))
	p.expect("[run] >")
	p.types("exit")
	select {
	case err := <-p.finished:
		if err == nil || !strings.Contains(err.Error(), "has ended") {
			t.Errorf("error is %v", err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the lesson does not end")
	}
}

func TestProgressIsForgotten(t *testing.T) {
	l, err := Parse("99-small", small)
	if err != nil {
		t.Fatal(err)
	}
	p := newProgress(t)
	for range 2 {
		if err := p.Pass(l, "lives"); err != nil {
			t.Fatal(err)
		}
	}
	if p.Count(l) != 1 {
		t.Errorf("count is %d", p.Count(l))
	}
	if err := p.Reset(l); err != nil {
		t.Fatal(err)
	}
	again, err := LoadProgress(p.path)
	if err != nil || again.Count(l) != 0 {
		t.Errorf("count is %d after a reset (%v)", again.Count(l), err)
	}
}
