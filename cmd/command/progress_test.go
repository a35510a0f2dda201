// This file looks at the bars of a pull on a terminal, and at its lines elsewhere.
package command

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/creack/pty"

	"glassbox/storage"
)

// tell tells of a pull of two layers, one of which is there.
func tell(p *progress) {
	for _, m := range []storage.Message{
		{Status: "1.0: Pulling from tools/box"},
		{ID: "aaaaaaaaaaaa", Status: "Pulling fs layer", Total: 4e6},
		{ID: "bbbbbbbbbbbb", Status: "Already exists"},
		{ID: "aaaaaaaaaaaa", Status: "Downloading", Current: 2e6, Total: 4e6},
		{ID: "aaaaaaaaaaaa", Status: "Downloading", Current: 3e6, Total: 4e6}, // too soon to be drawn
		{ID: "aaaaaaaaaaaa", Status: "Pull complete", Total: 4e6},
	} {
		p.hear(m)
	}
	p.end()
}

func TestProgressOnATerminal(t *testing.T) {
	const half, most = "aaaaaaaaaaaa: Downloading [=========================>                         ]      2MB/4MB", "3MB/4MB"
	got := screen(t, &pty.Winsize{Rows: 24, Cols: 120})
	for _, want := range []string{"1.0: Pulling from tools/box", half, "\x1b[2A", "bbbbbbbbbbbb: Already exists", "aaaaaaaaaaaa: Pull complete"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if strings.Contains(got, most) {
		t.Errorf("more was drawn than there is time for: %q", got)
	}
	for _, line := range strings.Split(screen(t, &pty.Winsize{Rows: 24, Cols: 60}), "\r\n") {
		if strings.Contains(line, "===") {
			t.Errorf("a narrow terminal has no room for bars: %q", line)
		}
	}
}

// screen is all that a terminal of this size is sent.
func screen(t *testing.T, size *pty.Winsize) string {
	t.Helper()
	ours, theirs, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	if err := pty.Setsize(theirs, size); err != nil {
		t.Fatal(err)
	}
	tell(newProgress(theirs))
	theirs.Close()
	var got bytes.Buffer
	_, _ = got.ReadFrom(ours) // EIO: the other end is closed
	return got.String()
}

func TestProgressElsewhere(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	tell(newProgress(w))
	w.Close()
	var got bytes.Buffer
	if _, err := got.ReadFrom(r); err != nil {
		t.Fatal(err)
	}
	const want = "1.0: Pulling from tools/box\naaaaaaaaaaaa: Pulling fs layer\nbbbbbbbbbbbb: Already exists\naaaaaaaaaaaa: Pull complete\n"
	if got.String() != want {
		t.Errorf("%q, want %q", got.String(), want)
	}
}
