// This file takes a person through a lesson at the terminal.
package lessons

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// Walk is a lesson with a learner.
type Walk struct {
	In       io.Reader
	Out      io.Writer
	Terminal *os.File // what typed commands talk to; nil where there is none
	Colour   bool
	Width    int
	Progress *Progress
	// Interrupts says that Ctrl-C was pressed: it ends the running command or, at the prompt, the lesson.
	Interrupts <-chan os.Signal
}

const walkHelp = `  Enter    run the block, or the check     s  skip it
  h        a hint                          c  judge the next check now
  q        end the lesson; everything that it made is taken back
  Any other line is a command for the lesson's shell: look round, try things.
`

// errQuit ends the lesson because the learner wants to.
var errQuit = errors.New("quit")

// Start plays the lesson. It returns nil also when the learner quits.
func (w Walk) Start(ctx context.Context, l Lesson) (err error) {
	p, err := begin(ctx, l, w.Out, w.Terminal)
	if err != nil {
		return err
	}
	p.paint = paint(w.Colour)
	g := &guide{Walk: w, player: p, lines: w.listen()}
	defer func() {
		fmt.Fprintf(w.Out, "\n%s\n", p.paint.in(dim, "taking back what the lesson made …"))
		err = errors.Join(err, p.end())
	}()
	fmt.Fprintf(w.Out, "%s\n%s\n", p.paint.in(bold, l.Number+"  "+l.Title), p.paint.in(dim, "Enter runs what is shown, ? helps, q ends."))
	for i := range l.Parts {
		if err := g.part(ctx, i); errors.Is(err, errQuit) {
			return nil
		} else if err != nil {
			return err
		}
	}
	fmt.Fprintf(w.Out, "\n%s %d of %d checks passed.\n", p.paint.in(bold, "End of lesson "+l.Number+"."), w.Progress.Count(l), len(l.Checks()))
	return nil
}

// listen reads lines, each only when asked for: between prompts the terminal belongs to the commands.
func (w Walk) listen() func() <-chan string {
	in := bufio.NewReader(w.In)
	return func() <-chan string {
		line := make(chan string, 1)
		go func() {
			defer close(line)
			if text, err := in.ReadString('\n'); err == nil {
				line <- strings.TrimSpace(text)
			}
		}()
		return line
	}
}

// guide is a walk under way.
type guide struct {
	Walk
	*player
	lines func() <-chan string
	hints int // given for the next check
}

func (g *guide) part(ctx context.Context, i int) error {
	part := g.lesson.Parts[i]
	switch part.Kind {
	case Prose:
		if text := g.paint.render(part.Lines, g.Width); text != "\n" {
			fmt.Fprintf(g.Out, "\n%s", text)
		}
	case Run:
		fmt.Fprintf(g.Out, "\n%s\n", g.paint.in(cyan, "    "+strings.Join(part.Lines, "\n    ")))
		return g.ask(ctx, i, "run")
	case Output:
		if err := g.output(part); err != nil {
			fmt.Fprintf(g.Out, "%s\n", g.paint.in(yellow, "  the lesson expected other output here: "+err.Error()))
		}
	case Judge:
		fmt.Fprintf(g.Out, "\n%s\n", g.paint.in(bold, "  check "+part.Check.Name))
		for _, f := range part.Check.Facts {
			fmt.Fprintf(g.Out, "    %-6s %s\n", fmt.Sprint(f.Want)+":", f.Text)
		}
		return g.ask(ctx, i, "check")
	}
	return nil
}

// ask waits until the block or check i is done with.
func (g *guide) ask(ctx context.Context, i int, verb string) error {
	for {
		fmt.Fprintf(g.Out, "%s ", g.paint.in(yellow, "  ["+verb+"] >"))
		line, err := g.line(ctx)
		if err != nil {
			return err
		}
		done, err := g.do(ctx, i, line)
		if done || err != nil {
			return err
		}
	}
}

// line waits for the learner. The end of the input, Ctrl-C and the end of ctx all mean: quit.
func (g *guide) line(ctx context.Context) (string, error) {
	select {
	case line, ok := <-g.lines():
		if ok {
			return line, nil
		}
	case <-g.Interrupts:
	case <-ctx.Done():
	}
	return "", errQuit
}

func (g *guide) do(ctx context.Context, i int, line string) (done bool, err error) {
	switch line {
	case "":
		return g.enter(ctx, g.lesson.Parts[i])
	case "s":
		return true, nil
	case "q":
		return true, errQuit
	case "?":
		fmt.Fprint(g.Out, walkHelp)
	case "h":
		g.hint(i)
	case "c":
		if next, ok := g.lesson.nextCheck(i); ok {
			_, err = g.enter(ctx, next)
		}
	default:
		err = g.typed(ctx, line)
	}
	return false, err
}

// nextCheck finds the check that the learner works towards in part i.
func (l Lesson) nextCheck(i int) (Part, bool) {
	for _, part := range l.Parts[i:] {
		if part.Kind == Judge {
			return part, true
		}
	}
	return Part{}, false
}

// enter runs a block or judges a check. A block that fails is shown again; a check that does not pass may be tried again.
func (g *guide) enter(ctx context.Context, part Part) (done bool, err error) {
	err = g.interruptible(func() error { return g.play(ctx, part) })
	switch {
	case errors.Is(err, errEnded) || ctx.Err() != nil:
		return true, err
	case err != nil:
		fmt.Fprintf(g.Out, "%s\n", g.paint.in(yellow, "  "+err.Error()+" (h: a hint, s: go on all the same)"))
		return false, nil
	case part.Kind == Judge:
		g.hints = 0
		return true, g.Progress.Pass(g.lesson, part.Check.Name)
	}
	return true, nil
}

func (g *guide) hint(i int) {
	part, ok := g.lesson.nextCheck(i)
	if !ok {
		fmt.Fprintln(g.Out, "  no check follows, so there is nothing to get wrong: run the block and read what it prints")
		return
	}
	hints := part.Check.Hints
	fmt.Fprintf(g.Out, "  hint %d of %d for %s: %s\n", g.hints+1, len(hints), part.Check.Name, paint(g.Colour).inline(hints[g.hints]))
	g.hints = min(g.hints+1, len(hints)-1)
}

// interruptible lets Ctrl-C end what the shell runs, while do runs it.
func (g *guide) interruptible(do func() error) error {
	finished := make(chan error, 1)
	go func() { finished <- do() }()
	for {
		select {
		case err := <-finished:
			return err
		case <-g.Interrupts:
			if err := g.session.Interrupt(); err != nil {
				return fmt.Errorf("interrupt the command: %w", err)
			}
		}
	}
}
