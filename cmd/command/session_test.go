// This file checks what is typed to a container, and with which code the program ends.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"glassbox/engine/shim/wire"
)

func TestDetachKeys(t *testing.T) {
	for _, c := range []struct {
		typed, passed string
		detached      bool
	}{
		{"ls\n", "ls\n", false},
		{"ls\x10\x11rm", "ls", true},
		{"\x10ls", "\x10ls", false},
		{"\x10\x10\x11", "\x10\x10\x11", false}, // the second ctrl-p shows that the first was meant for the program
		{"\x11\x10", "\x11", false},
	} {
		for _, size := range []int{2, 3, 64} { // of the buffer: keys come one by one, or many at once
			detached := false
			d := &detachKeys{from: strings.NewReader(c.typed), keys: []byte{0x10, 0x11}, detach: func() { detached = true }}
			var passed strings.Builder
			_, err := io.CopyBuffer(struct{ io.Writer }{&passed}, struct{ io.Reader }{d}, make([]byte, size))
			if err != nil || passed.String() != c.passed || detached != c.detached {
				t.Errorf("%q by %d: passed %q, detached %v, %v", c.typed, size, passed.String(), detached, err)
			}
		}
	}
}

// A question that nobody answers is called off.
func TestUntilDone(t *testing.T) {
	silent, writer := io.Pipe()
	defer writer.Close()
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(exitCode(130))
	if _, err := (untilDone{ctx, silent}).Read(make([]byte, 1)); !errors.Is(err, exitCode(130)) {
		t.Errorf("read after the end: %v", err)
	}
	got, err := io.ReadAll(untilDone{context.Background(), strings.NewReader("answer")})
	if err != nil || string(got) != "answer" {
		t.Errorf("the control: %q, %v", got, err)
	}
}

func TestReport(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	stderr := os.Stderr
	os.Stderr = null
	defer func() { os.Stderr = stderr }()
	other := errors.New("no such container")
	for _, c := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{exitCode(0), 0},
		{withCode(exitCode(3), 125), 3},
		{other, 1},
		{withCode(other, 125), 125},
		{withCode(fmt.Errorf("run: %w", &wire.Failure{Code: 127}), 125), 127},
		{withCode(&wire.Failure{Code: 126}, 1), 126},
		{withCode(usageError{"run needs at least 1 argument", 1}, 125), 1},
		{errors.Join(other, other), 1},
	} {
		if got := report(c.err); got != c.want {
			t.Errorf("%v: code %d, want %d", c.err, got, c.want)
		}
	}
}
