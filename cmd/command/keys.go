// This file reads what is typed: the keys that leave a container to itself (ctrl-p ctrl-q), and a question that can be called off.
package command

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// usualKeys are Docker's.
const usualKeys = "ctrl-p,ctrl-q"

// parseKeys reads "ctrl-p,ctrl-q" or "ctrl-@,x".
func parseKeys(text string) ([]byte, error) {
	var keys []byte
	for _, word := range strings.Split(text, ",") {
		letter, isControl := strings.CutPrefix(word, "ctrl-")
		if len(letter) != 1 {
			return nil, fmt.Errorf("invalid detach keys (%s) provided: write one character, or ctrl- and one of a-z @ [ \\ ] ^ _, with commas between", text)
		}
		key := letter[0]
		switch {
		case !isControl:
		case 'a' <= key && key <= 'z':
			key -= 'a' - 1
		case key == '@' || '[' <= key && key <= '_':
			key -= '@'
		default:
			return nil, fmt.Errorf("invalid detach keys (%s) provided: ctrl-%c is not a key", text, key)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// detachKeys is a reader that looks for keys among what is typed.
type detachKeys struct {
	from   io.Reader
	keys   []byte
	detach func()
	typed  int // how many of keys were the last ones typed
}

// Read keeps back what could be the beginning of the keys, until the next key shows that it was meant for the program.
func (d *detachKeys) Read(p []byte) (int, error) {
	room := len(p) - len(d.keys) + 1
	if room < 1 {
		return 0, io.ErrShortBuffer
	}
	typed := make([]byte, room)
	n, err := d.from.Read(typed)
	out := p[:0]
	for _, key := range typed[:n] {
		if key != d.keys[d.typed] {
			out = append(append(out, d.keys[:d.typed]...), key)
			d.typed = 0
			continue
		}
		if d.typed++; d.typed == len(d.keys) {
			d.detach()
			return len(out), io.EOF
		}
	}
	return len(out), err
}

// untilDone is a reader that gives up when ctx ends, which a read of a terminal would not notice.
type untilDone struct {
	ctx  context.Context
	from io.Reader
}

func (u untilDone) Read(p []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	read := make(chan result, 1)
	buffer := make([]byte, len(p))
	go func() {
		n, err := u.from.Read(buffer)
		read <- result{n, err}
	}()
	select {
	case <-u.ctx.Done():
		return 0, context.Cause(u.ctx)
	case r := <-read:
		return copy(p, buffer[:r.n]), r.err
	}
}
