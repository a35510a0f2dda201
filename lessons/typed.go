// This file runs what a learner types instead of pressing Enter.
package lessons

import (
	"context"
	"fmt"
	"strings"
)

// typed runs a command of the learner's. One that is not whole yet is continued on the next line, as shells do it.
func (g *guide) typed(ctx context.Context, command string) error {
	for {
		whole, problem, err := g.session.complete(ctx, command)
		if err != nil {
			return err
		}
		if whole {
			return g.runTyped(ctx, command)
		}
		if !unfinished(problem) {
			fmt.Fprintf(g.Out, "  %s\n", strings.TrimSpace(problem))
			return nil
		}
		fmt.Fprint(g.Out, "  > ")
		more, err := g.line(ctx)
		if err != nil {
			return err
		}
		command += "\n" + more
	}
}

// unfinished tells a command that goes on from one that is wrong, by the shell's words: dash, busybox and bash.
func unfinished(problem string) bool {
	for _, words := range []string{"end of file", "nterminated", "unexpected EOF"} {
		if strings.Contains(problem, words) {
			return true
		}
	}
	return problem == "" // a line that ends with a backslash
}

func (g *guide) runTyped(ctx context.Context, command string) error {
	status := 0
	err := g.interruptible(func() (err error) {
		if g.Terminal != nil {
			status, err = g.session.RunOnTerminal(ctx, command)
		} else {
			status, err = g.session.Run(ctx, command, g.Out)
		}
		return err
	})
	if err == nil && status != 0 {
		fmt.Fprintf(g.Out, "  %s\n", g.paint.in(dim, fmt.Sprintf("status %d", status)))
	}
	return err
}
