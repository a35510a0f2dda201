// This file is --attach: a session with some of a program's streams.
package command

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

func (w sessionWants) checkAttach() error {
	for _, stream := range w.attach {
		if !slices.Contains([]string{"stdin", "stdout", "stderr"}, strings.ToLower(stream)) {
			return fmt.Errorf("--attach %q: valid streams are stdin, stdout and stderr", stream)
		}
	}
	if w.detach && len(w.attach) > 0 {
		return usageError{"conflicting options: --attach and --detach: who is connected is not away", 1}
	}
	return nil
}

// attaches tells whether a stream is connected: all are, unless some are named.
func (w sessionWants) attaches(stream string) bool {
	return len(w.attach) == 0 || slices.ContainsFunc(w.attach, func(a string) bool { return strings.EqualFold(a, stream) })
}

// output drops what nobody wants to see.
func (w sessionWants) output(stream string, to io.Writer) io.Writer {
	if !w.attaches(stream) {
		return io.Discard
	}
	return to
}
